import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { StoredCluster, StoredRollout } from '../watched/stored.ts';
import { rolloutPlanRoutes } from './rollout-plan-routes.ts';

const NOW = new Date('2026-11-30T12:00:00Z');
const META = { namespace: 'shop', uid: 'u', generation: 1, creationTimestamp: '2026-11-29T00:00:00Z' };

function cluster(name: string, more: object = {}, status: object = {}): StoredCluster {
  return StoredCluster.parse({
    metadata: { ...META, name, labels: {} },
    spec: { profiles: [{ name: 'web', version: '1.0.0' }], ...more },
    status,
  });
}

function rollout(name: string, created: string): StoredRollout {
  return StoredRollout.parse({
    metadata: { ...META, name, labels: {}, creationTimestamp: created },
    spec: { profile: 'web', version: '2.0.0', batch: 1 },
  });
}

const NIGHT = { maintenance: [{ start: '02:00', minutes: 120, timeZone: 'UTC' }] };

function asking(rollouts: readonly StoredRollout[]) {
  const clusters = [
    cluster('a'),
    cluster('b'),
    cluster('c', { paused: true }),
    cluster('d', { policy: NIGHT }),
    cluster('e', {}, { phase: 'Unknown' }),
    cluster('other', { profiles: [{ name: 'db', version: '1.0.0' }] }),
  ];
  const routes = rolloutPlanRoutes(() => ({
    rollout: (key) => rollouts.find(({ metadata }) => key === `shop/${metadata.name}`),
    rollouts: () => rollouts,
    clusters: () => clusters,
    report: () => undefined,
    now: () => NOW,
  }));
  return async (operationId: string, name: string, body?: object) => {
    const found = routes.find((each) => each.operationId === operationId);
    assert.ok(found);
    const { answer } = found.prepare({ params: { project: 'shop', name }, query: {}, headers: {}, body });
    const caller = { host: undefined, search: '' };
    const asker = { user: { username: 'u' }, caller, signal: new AbortController().signal };
    return Object(found.response.parse(await answer(asker)));
  };
}

const EXPECTED = {
  size: 1,
  total: 5,
  there: 0,
  current: [],
  failed: [],
  batches: [[{ name: 'a', version: '1.0.0' }], [{ name: 'b', version: '1.0.0' }]],
  batchCount: 2,
  held: [
    { name: 'c', version: '1.0.0', reason: 'paused' },
    { name: 'd', version: '1.0.0', reason: 'window', opensAt: '2026-12-01T02:00:00.000Z' },
    { name: 'e', version: '1.0.0', reason: 'silent' },
  ],
  heldCount: 3,
};

test('a plan of a rollout says which clusters are in which batch, and which are in none and why', async () => {
  const ask = asking([rollout('one', '2026-11-29T00:00:00Z')]);
  assert.deepEqual(await ask('planRolloutAsItIs', 'one'), EXPECTED);
  const spec = { profile: 'web', version: '2.0.0', batch: 1 };
  assert.deepEqual(await ask('planRollout', 'new', { name: 'new', spec }), EXPECTED);
  await assert.rejects(ask('planRolloutAsItIs', 'none'), (error) => isSkerryError(error, 'OBJECT_NOT_FOUND'));
});

test('a plan says which newer rollout is about the same profile', async () => {
  const ask = asking([rollout('one', '2026-11-29T00:00:00Z'), rollout('two', '2026-11-29T01:00:00Z')]);
  assert.equal((await ask('planRolloutAsItIs', 'one')).supersededBy, 'two');
  assert.equal((await ask('planRolloutAsItIs', 'two')).supersededBy, undefined);
});
