import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReleaseRecord } from '../helm/helm-release.ts';
import { describeObject, type KubeObject } from '../object.ts';
import { ScriptedApiServer } from '../testing/api-server.ts';
import { droppedObjects } from './dropped.ts';

const WEB = { name: 'web', namespace: 'web' };

function config(name: string, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } };
}

function record(revision: number, status: string, ...objects: KubeObject[]): ReleaseRecord {
  const manifest = objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('');
  return { revision, status, description: '', manifest, hooks: [] };
}

test('what an upgrade drops is what the deployed revision has applied, but for what is wanted or kept', async () => {
  const server = await ScriptedApiServer.start();
  try {
    const { signal } = new AbortController();
    const dropped = async (records: readonly ReleaseRecord[], ...wanted: KubeObject[]) =>
      (await droppedObjects({ client: server.client(), signal }, WEB, records, wanted)).map(describeObject);
    const kept = config('kept', { annotations: { 'helm.sh/resource-policy': 'keep' } });
    const [a, b] = [config('a'), config('b')];
    const unknown = { apiVersion: 'gone.example/v1', kind: 'Lamp', metadata: { name: 'hall' } };
    const deployed = record(1, 'deployed', a, b, kept, unknown);
    // Where it stands need not be written down; its kind may be served no more.
    assert.deepEqual(await dropped([deployed], config('a', { namespace: 'web' })), [
      'ConfigMap web/b',
      'Lamp.gone.example hall',
    ]);
    assert.deepEqual(await dropped([deployed], config('a', { namespace: 'other' }), b, unknown), [
      'ConfigMap web/a',
    ]);
    // Helm deletes what has become a hook, and makes it again when the hook runs.
    const hook = config('b', { annotations: { 'helm.sh/hook': 'pre-upgrade' } });
    assert.deepEqual(await dropped([deployed], a, hook, unknown), ['ConfigMap web/b']);
    // A try that failed half way is not what Helm compares with, unless nothing else is left.
    assert.deepEqual(await dropped([record(1, 'deployed', a), record(2, 'failed', b)]), ['ConfigMap web/a']);
    assert.deepEqual(await dropped([record(1, 'superseded', a), record(2, 'failed', b)]), [
      'ConfigMap web/b',
    ]);
    assert.deepEqual(await dropped([record(1, 'failed', a)]), []);
    assert.deepEqual(await dropped([]), []);
  } finally {
    await server.close();
  }
});
