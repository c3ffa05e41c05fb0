import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { PROJECT_LABEL } from '../../api/group.ts';
import { keepOwnAccess } from './own-access.ts';

const BINDING = 'RoleBinding.rbac.authorization.k8s.io';

test('the hub gets its role in every project, made before or after, and in no other namespace', async () => {
  const cluster = await ScriptedApiServer.start();
  const stop = new AbortController();
  cluster.put(namespace('before'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
  // As a hub of before has made it.
  const old = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' };
  cluster.put(namespace('old'), { ...old, metadata: { name: 'skerry-hub-project', namespace: 'old' } });
  const errors: unknown[] = [];
  const kept = keepOwnAccess({
    client: cluster.client(),
    username: 'system:serviceaccount:skerry-system:skerry-hub',
    clock: { now: () => 0, sleep: async () => await new Promise((resolve) => setTimeout(resolve, 10)) },
    signal: stop.signal,
    onError: (error) => errors.push(error),
  });
  await until(() => cluster.objects.find(`${BINDING} before/skerry-hub-project`) !== undefined);
  cluster.put(namespace('after'));
  await until(() => cluster.objects.find(`${BINDING} after/skerry-hub-project`) !== undefined);
  const made = cluster.objects.find(`${BINDING} before/skerry-hub-project`);
  assert.deepEqual(listAt(made, 'subjects'), [
    { kind: 'ServiceAccount', namespace: 'skerry-system', name: 'skerry-hub' },
  ]);
  const isOurs = (name: string) =>
    cluster.objects.find(`${BINDING} ${name}/skerry-hub-project`)?.metadata.labels?.[
      'app.kubernetes.io/managed-by'
    ] === 'skerry-hub';
  await until(() => ['before', 'after', 'old'].every(isOurs));
  assert.deepEqual(cluster.names().filter((name) => name.startsWith('RoleBinding')).length, 3);
  stop.abort();
  await kept;
  await cluster.close();
  assert.deepEqual(errors, []);
});

function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [PROJECT_LABEL]: 'true' } } };
}

async function until(holds: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  while (!holds()) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
