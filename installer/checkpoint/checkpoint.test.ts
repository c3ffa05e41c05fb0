import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { at } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { digestOf } from '../../content/digest.ts';
import { compareWithCheckpoint, packCheckpoint, restoreObjects, takeCheckpoint } from './checkpoint.ts';
import { readCheckpoint } from './open-checkpoint.ts';

const signal = new AbortController().signal;
const release = { name: 'platform', version: '1.0.0', digest: digestOf('release') };
const installation = { id: 'i', release };
const components = [{ name: 'hub', namespace: 'platform', crds: ['widgets.example.com'] }];

const crd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [{ name: 'v1', served: true, storage: true }],
  },
  status: { storedVersions: ['v1'] },
};

function widget(name: string, spec: object, more: object = {}): KubeObject {
  const metadata = { name, namespace: 'shop', ...more };
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata, spec, status: { seen: 1 } };
}

function setting(kind: 'ConfigMap' | 'Secret', name: string, data: object, more: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'platform', ...more }, data };
}

async function withCluster(run: (server: ScriptedApiServer) => Promise<void>): Promise<void> {
  const server = await ScriptedApiServer.start();
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

/** Taken, kept, and read again, as going back does. */
async function kept(server: ScriptedApiServer) {
  const checkpoint = await takeCheckpoint({ client: server.client(), installation, components, signal });
  const key = randomBytes(32);
  const { store, address } = await packCheckpoint(checkpoint, key);
  return await readCheckpoint(store, address, { key, signal });
}

describe('a checkpoint', () => {
  test('puts back what was changed, brings back what was deleted, and leaves what was made since', () =>
    withCluster(async (server) => {
      server.put(crd, widget('a', { size: 1, more: { x: 1 } }), widget('b', { size: 2 }));
      server.put(setting('ConfigMap', 'look', { color: 'red' }));
      const client = server.client();
      const checkpoint = await kept(server);
      assert.deepEqual(await compareWithCheckpoint({ client, checkpoint, signal }), []);

      const changed = await client.get(widget('a', {}));
      assert.ok(changed);
      await client.replace({ ...changed, spec: { size: 5, added: true, more: { x: 1 } } });
      await client.delete(widget('b', {}));
      await client.create(widget('c', { size: 3 }));
      await client.apply(setting('ConfigMap', 'look', { color: 'blue' }));
      const differences = await compareWithCheckpoint({ client, checkpoint, signal });
      assert.deepEqual(
        differences.map(({ subject, what, stays, fields }) => [
          subject,
          what,
          stays,
          fields.map((f) => f.field),
        ]),
        [
          ['Widget.example.com shop/c', 'new', true, []],
          ['Widget.example.com shop/a', 'changed', false, ['spec.size', 'spec.added']],
          ['Widget.example.com shop/b', 'gone', false, []],
          ['ConfigMap platform/look', 'changed', false, ['data.color']],
        ],
      );

      const restored = await restoreObjects({ client, checkpoint, signal });
      assert.deepEqual(
        restored.map(({ object, action }) => `${object} ${action}`),
        [
          'Widget.example.com shop/c made-since',
          'Widget.example.com shop/a put-back',
          'Widget.example.com shop/b brought-back',
          'ConfigMap platform/look put-back',
        ],
      );
      const a = await client.get(widget('a', {}));
      assert.deepEqual(a?.spec, { size: 1, more: { x: 1 } });
      assert.deepEqual(a?.status, { seen: 1 });
      const after = await compareWithCheckpoint({ client, checkpoint, signal });
      assert.deepEqual(
        after.filter(({ stays }) => !stays),
        [],
      );
      assert.equal(at(await client.get(widget('c', {})), 'spec', 'size'), 3);
    }));
});
