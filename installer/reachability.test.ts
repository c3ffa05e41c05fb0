import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../apply/object.ts';
import { pullState } from './reachability.ts';

test('an image counts as pulled as soon as its container was made, whatever became of that', () => {
  for (const state of [
    { running: {} },
    { terminated: { exitCode: 1 } },
    { waiting: { reason: 'CrashLoopBackOff' } },
    { waiting: { reason: 'CreateContainerError' } },
  ]) {
    assert.equal(pullState(pod(state)).state, 'pulled', JSON.stringify(state));
  }
});

test('a pull that fails says what the container runtime said', () => {
  for (const reason of ['ErrImagePull', 'ImagePullBackOff']) {
    assert.deepEqual(pullState(pod({ waiting: { reason, message: 'connection refused' } })), {
      state: 'failing',
      message: 'connection refused',
    });
  }
});

test('a pod that has not begun is waited for, one that the node refuses has failed', () => {
  assert.equal(pullState(pod({ waiting: { reason: 'ContainerCreating' } })).state, 'waiting');
  assert.equal(pullState({ ...pod({}), status: {} }).state, 'waiting');
  assert.equal(pullState({ ...pod({}), status: { phase: 'Failed', message: 'no room' } }).state, 'failing');
});

function pod(state: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n' },
    status: { containerStatuses: [{ name: 'pull', state }] },
  };
}
