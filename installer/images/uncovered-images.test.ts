import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../apply/object.ts';
import { imageKeys } from './image-keys.ts';
import { uncoveredIn } from './uncovered-images.ts';

const WORKER = 'quay.io/acme/worker:1.0';
const { data } = imageKeys(new Map([[WORKER, 'localhost:31999/quay.io/acme/worker:1.0']]));

test('what comes from the private registry is covered, and so is what is not of the release and runs', () => {
  assert.deepEqual(uncoveredIn(pod('localhost:31999/quay.io/acme/worker:1.0', {}), data), []);
  assert.deepEqual(uncoveredIn(pod('elsewhere.example/app:1', { running: {} }), data), []);
});

test('an image of the release that comes from elsewhere is not covered, also while it runs', () => {
  const [found] = uncoveredIn(pod(WORKER, { running: {} }), data);
  assert.deepEqual([found?.image, found?.inRelease, found?.problem], [WORKER, true, '']);
});

test('what cannot be pulled is reported, whose image it may be', () => {
  const [found] = uncoveredIn(
    pod('elsewhere.example/app:1', { waiting: { reason: 'ImagePullBackOff', message: 'no such host' } }),
    data,
  );
  assert.deepEqual([found?.inRelease, found?.problem], [false, 'ImagePullBackOff: no such host']);
});

test('what the registry stands on is left alone, as long as it can be pulled', () => {
  assert.deepEqual(uncoveredIn(pod(WORKER, { running: {} }, 'kube-system'), data), []);
});

function pod(image: string, state: object, namespace = 'team'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace },
    spec: { containers: [{ name: 'c', image }] },
    status: { containerStatuses: [{ name: 'c', state }] },
  };
}
