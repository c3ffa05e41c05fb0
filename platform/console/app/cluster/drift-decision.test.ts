import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile } from '../../../client/kinds.ts';
import { sampleCluster } from '../testing/sample-cluster.ts';
import { type DriftItem, decisionOn, partsOf } from './drift-decision.ts';
import { profilesWith, profilesWithout } from './profile-uses.ts';

const ITEM: DriftItem = {
  layer: 'web',
  object: 'Deployment.apps shop/web',
  what: 'changed',
  fields: ['.spec.replicas'],
  at: '2026-11-28T10:00:00Z',
  state: 'found',
};
const IGNORED = { kind: 'Deployment', name: 'web', field: '.spec.replicas' };
const spec = { profiles: [{ name: 'base', version: '1.0.0' }] };

function profile(drift?: { mode: string }): Profile {
  const pack = {
    name: 'web',
    version: '1.0.0',
    digest: 'sha256:x',
    ...(drift === undefined ? {} : { drift }),
  };
  return {
    ...sampleCluster({ name: 'base-1.0.0' }),
    status: undefined,
    spec: { name: 'base', version: '1.0.0', packs: [pack] },
  };
}

test('what a cluster only reports may be put back or accepted', () => {
  const cluster = sampleCluster({ spec: { ...spec, policy: { drift: { mode: 'observe' } } } });
  assert.deepEqual(decisionOn(cluster, ITEM, [profile()]), {
    kind: 'policy',
    putBack: { mode: 'correct' },
    accept: { mode: 'observe', ignore: [IGNORED] },
  });
});

test('what is put back anyway may only be accepted', () => {
  const decision = decisionOn(sampleCluster({ spec }), { ...ITEM, state: 'corrected' }, [profile()]);
  assert.deepEqual(decision, {
    kind: 'policy',
    putBack: undefined,
    accept: { mode: 'correct', ignore: [IGNORED] },
  });
});

test('what was deleted, was accepted, or has no room any more can’t be accepted', () => {
  const accepts = (drift: object, item = ITEM) => {
    const cluster = sampleCluster({ spec: { ...spec, policy: { drift: { mode: 'observe', ...drift } } } });
    const decision = decisionOn(cluster, item, []);
    return decision.kind === 'policy' ? decision.accept : undefined;
  };
  assert.equal(accepts({}, { ...ITEM, what: 'deleted', fields: [] }), undefined);
  assert.equal(accepts({ ignore: [IGNORED] }), undefined);
  const full = Array.from({ length: 8 }, (_, index) => ({ field: `.spec.f${index}` }));
  assert.equal(accepts({ ignore: full }), undefined);
});

test('a pack that says itself what is done leaves nothing to the cluster', () => {
  const decision = decisionOn(sampleCluster({ spec }), ITEM, [profile({ mode: 'alert' })]);
  assert.deepEqual(decision, { kind: 'pack', profile: 'base-1.0.0', layer: 'web' });
});

test('an object has its parts', () => {
  assert.deepEqual(partsOf('Deployment.apps shop/web'), {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
  });
  assert.deepEqual(partsOf('Namespace shop'), { kind: 'Namespace', namespace: '', name: 'shop' });
});

test('a profile takes the place of another version of it, with its own values of variables', () => {
  const used = [{ name: 'base', version: '1.0.0', variables: [{ name: 'a', value: 1 }] }];
  const next = { name: 'base', version: '1.1.0', variables: [{ name: 'b', value: 2 }] };
  assert.deepEqual(profilesWith(used, next), [next]);
  assert.deepEqual(profilesWith(used, { ...next, variables: [] }), [{ name: 'base', version: '1.1.0' }]);
  assert.deepEqual(profilesWith(used, { name: 'web', version: '1.0.0' }), [
    ...used,
    { name: 'web', version: '1.0.0' },
  ]);
  assert.deepEqual(profilesWithout(used, 'base'), []);
});
