import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LockedRelease } from '../bundle/locked-release.ts';
import type { Digest } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { phasesOf } from './phases/phases.ts';
import { planInstall } from './plan.ts';
import type { Installation } from './record/installation.ts';

const DIGEST: Digest = `sha256:${'a'.repeat(64)}`;
const ALL = [
  'address-workstation',
  'component-registry',
  'copy',
  'address-cluster',
  'images',
  'component-hub',
  'component-more',
];

test('the registry comes first wherever the release names it, then its content, then everything else in order', () => {
  assert.deepEqual(
    phasesOf(release(['hub', 'registry', 'more'])).map(({ id }) => id),
    ALL,
  );
});

test('content without components is refused: nothing of it is installed', () => {
  assert.throws(
    () => phasesOf({ ...release([]), registry: undefined }),
    (error) => isSkerryError(error, 'RELEASE_NOT_INSTALLABLE'),
  );
});

test('nothing is done where nothing was found', () => {
  assert.deepEqual(
    states(undefined),
    ALL.map((id) => `${id} run`),
  );
});

test('what an earlier run has done is not done again, but the address is set anew until it has moved', () => {
  assert.deepEqual(states(installation(['address-workstation', 'component-registry'])).slice(0, 3), [
    'address-workstation run',
    'component-registry done',
    'copy run',
  ]);
  const moved = states(
    installation(['address-workstation', 'component-registry', 'copy', 'address-cluster']),
  );
  assert.equal(moved[0], 'address-workstation done');
  assert.deepEqual(moved.slice(4, 6), ['images run', 'component-hub run']);
});

test('the journal of another release counts for nothing', () => {
  const other = {
    ...installation(ALL),
    release: { name: 'x', version: '0', digest: `sha256:${'b'.repeat(64)}` as const },
  };
  assert.ok(states(other).every((state) => state.endsWith(' run')));
});

test('a repair applies the components again and leaves content and address alone', () => {
  assert.deepEqual(
    states(installation(ALL), new Set(['component-registry', 'component-hub', 'component-more'])),
    [
      'address-workstation done',
      'component-registry run',
      'copy done',
      'address-cluster done',
      'images done',
      'component-hub run',
      'component-more run',
    ],
  );
});

test('what was made once and is no longer as it should be is made again, and that alone', () => {
  const running = states(installation(ALL), new Set(['images'])).filter((state) => state.endsWith(' run'));
  assert.deepEqual(running, ['images run']);
});

function states(found: Installation | undefined, mend: ReadonlySet<string> = new Set()): string[] {
  const planned = planInstall({
    release: release(['registry', 'hub', 'more']),
    digest: DIGEST,
    bytes: 1,
    found,
    mend,
  });
  return planned.map(({ phase, state }) => `${phase.id} ${state}`);
}

function installation(done: string[]): Installation {
  return {
    version: 2,
    id: 'i',
    adopted: [],
    state: 'installing',
    release: { name: 'demo', version: '1.0.0', digest: DIGEST },
    key: { fingerprint: 'f', pem: 'p' },
    phases: ALL.map((id) => ({ id, state: done.includes(id) ? 'done' : 'waiting' })),
    components: [],
    namespaces: [],
    history: [],
  };
}

function release(components: string[]): LockedRelease {
  const chart = { repository: 'skerry/charts/x', tag: '1.0.0', digest: DIGEST };
  return {
    apiVersion: 'skerry.dev/v1',
    kind: 'LockedRelease',
    name: 'demo',
    version: '1.0.0',
    description: '',
    kubernetes: '>=1.31',
    registry: { component: 'registry' },
    components: components.map((name) => ({
      name,
      namespace: 'ns',
      chart,
      values: {},
      timeoutSeconds: 1,
      health: [],
      images: [],
    })),
    packs: [],
    images: [],
    notTaken: [],
    platforms: [],
    apiVersions: [],
    hostTools: [],
    contents: [],
  };
}
