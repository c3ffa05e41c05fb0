import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../object.ts';
import { isInstalledHook, isRemovedWhenFailed, isRunningHook, runsIn, withSafePolicy } from './hook.ts';

function object(kind: string, hook: string | undefined, policy?: string): KubeObject {
  const annotations = {
    ...(hook === undefined ? {} : { 'helm.sh/hook': hook }),
    ...(policy === undefined ? {} : { 'helm.sh/hook-delete-policy': policy }),
  };
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'v1';
  return { apiVersion, kind, metadata: { name: 'a', annotations } };
}

const policyOf = (changed: KubeObject) => changed.metadata.annotations?.['helm.sh/hook-delete-policy'];

test('a hook runs in the actions that it names', () => {
  const hook = object('Job', 'pre-install, post-upgrade');
  assert.ok(runsIn(hook, 'install') && runsIn(hook, 'upgrade'));
  assert.ok(!runsIn(hook, 'rollback') && !runsIn(hook, 'delete'));
  assert.ok(!runsIn(object('Job', undefined), 'install'));
});

test('Jobs and Pods count, other hooks and tests do not', () => {
  assert.ok(isRunningHook(object('Pod', 'post-install')));
  assert.ok(!isRunningHook(object('ConfigMap', 'pre-install')));
  assert.ok(!isRunningHook(object('Job', undefined)));
  assert.ok(isInstalledHook(object('Job', 'post-rollback')));
  assert.ok(!isInstalledHook(object('Pod', 'test')));
  assert.ok(!isInstalledHook(object('Job', 'post-delete')));
});

const policies: [string | undefined, string][] = [
  [undefined, 'before-hook-creation'],
  ['before-hook-creation', 'before-hook-creation'],
  ['hook-succeeded', 'before-hook-creation,hook-succeeded'],
  ['hook-failed', 'before-hook-creation'],
  ['hook-succeeded,hook-failed', 'before-hook-creation,hook-succeeded'],
];
for (const [given, wanted] of policies) {
  test(`a Job with the policy ${given ?? 'of the default'} replaces an older one and stays when it failed`, () => {
    const hook = object('Job', 'pre-install', given);
    assert.equal(policyOf(withSafePolicy(hook)), wanted);
    assert.equal(isRemovedWhenFailed(hook), given?.includes('hook-failed') ?? false);
  });
}

test('what holds data is not replaced for the sake of a clean start', () => {
  const claim = object('PersistentVolumeClaim', 'pre-install', 'hook-failed');
  assert.equal(withSafePolicy(claim), claim);
});
