import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { checkCluster } from './preflight.ts';

const FIT: ClusterFacts = {
  version: 'v1.34.4',
  nodes: [{ name: 'n1', ready: true, schedulable: true, address: '10.0.0.1' }],
  storageClasses: [{ name: 'fast', isDefault: true }],
  denied: [],
  imagePolicy: undefined,
  portTakenBy: undefined,
};

test('a cluster that is fit has no problem', () => {
  assert.deepEqual(problems(FIT), []);
});

test('versions are compared as the release asks, whatever a vendor appends to them', () => {
  assert.deepEqual(problems({ ...FIT, version: 'v1.33.1+k3s1' }), []);
  assert.deepEqual(problems({ ...FIT, version: 'v1.31.0-gke.100' }), []);
  assert.deepEqual(problems({ ...FIT, version: 'v1.30.9' }), ['KUBERNETES_UNSUPPORTED']);
  assert.deepEqual(problems({ ...FIT, version: 'v1.36.0' }), ['KUBERNETES_UNSUPPORTED']);
});

test('every problem is reported, not only the first', () => {
  const unfit = { ...FIT, version: 'v1.1.0', nodes: [], storageClasses: [], portTakenBy: 'a/b' };
  assert.deepEqual(problems(unfit), [
    'KUBERNETES_UNSUPPORTED',
    'NODES_MISSING',
    'STORAGE_CLASS_MISSING',
    'ADDRESS_TAKEN',
  ]);
});

test('a node that is tainted or not ready runs nothing', () => {
  const nodes = [
    { name: 'control', ready: true, schedulable: false, address: '10.0.0.1' },
    { name: 'down', ready: false, schedulable: true, address: '10.0.0.1' },
  ];
  assert.deepEqual(problems({ ...FIT, nodes }), ['NODES_MISSING']);
});

test('a named storage class must exist; without a name one must be the default', () => {
  const storageClasses = [{ name: 'slow', isDefault: false }];
  assert.deepEqual(problems({ ...FIT, storageClasses }), ['STORAGE_CLASS_MISSING']);
  assert.deepEqual(problems({ ...FIT, storageClasses }, { className: 'slow', size: '20Gi' }), []);
  assert.deepEqual(problems(FIT, { className: 'other', size: '20Gi' }), ['STORAGE_CLASS_MISSING']);
});

test('what may not be read is reported as a missing permission alone', () => {
  const denied = [{ group: 'storage.k8s.io', resource: 'storageclasses', verb: 'list' }];
  assert.deepEqual(problems({ ...FIT, storageClasses: [], denied }), ['PERMISSION_MISSING']);
});

test('a volume must hold the content', () => {
  assert.deepEqual(problems(FIT, { className: undefined, size: '1Gi' }), ['SPACE_MISSING']);
  assert.deepEqual(problems(FIT, { className: undefined, size: 'twenty' }), ['SPACE_MISSING']);
});

function problems(
  cluster: ClusterFacts,
  storage: { className: string | undefined; size: string } = { className: undefined, size: '20Gi' },
) {
  const checks = checkCluster({ release: RELEASE, cluster, bytes: 5_000_000_000, storage });
  return checks.flatMap(({ problem }) => (problem === undefined ? [] : [problem.code]));
}

const RELEASE: LockedRelease = {
  apiVersion: 'skerry.dev/v1',
  kind: 'LockedRelease',
  name: 'demo',
  version: '1.0.0',
  description: '',
  kubernetes: '>=1.31 <1.36',
  registry: { component: 'registry' },
  components: [],
  packs: [],
  images: [],
  notTaken: [],
  platforms: [],
  apiVersions: [],
  hostTools: [],
  contents: [],
};
