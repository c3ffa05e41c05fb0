import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { at } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { digestOf, parseDigest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { ProxiedRegistry } from '../testing/proxied-registry.ts';
import {
  compareWithCheckpoint,
  ensureCheckpointKey,
  openCheckpoint,
  packCheckpoint,
  restoreLostSettings,
  restoreObjects,
  takeCheckpoint,
} from './checkpoint.ts';
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

async function take(server: ScriptedApiServer) {
  return await takeCheckpoint({ client: server.client(), installation, components, signal });
}

/** Taken, kept, and read again, as going back does. */
async function kept(server: ScriptedApiServer) {
  const checkpoint = await take(server);
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

  test('never gives a used token, a finding or an accepted key back', () =>
    withCluster(async (server) => {
      const annotations = { 'skerry.dev/checkpoint-leaves': 'spec.agent.key' };
      const tokens = {
        ...crd,
        metadata: { name: 'tokens.example.com', annotations: { 'skerry.dev/checkpoint': 'never' } },
        spec: { ...Object(crd.spec), names: { kind: 'Token', plural: 'tokens' } },
      };
      const token = { ...widget('t', { for: 'a' }), kind: 'Token' };
      server.put({ ...crd, metadata: { ...crd.metadata, annotations } }, tokens, token);
      server.put(widget('a', { size: 1 }), widget('b', { size: 2, agent: { key: 'old', version: '1' } }));
      const client = server.client();
      const crds = ['tokens.example.com', 'widgets.example.com'];
      const checkpoint = await takeCheckpoint({
        client,
        installation,
        components: [{ name: 'hub', namespace: 'platform', crds }],
        signal,
      });
      await client.delete(token);
      await client.patch(widget('a', {}), { spec: { size: 7, agent: { key: 'new' } } });
      await client.patch(widget('b', {}), { spec: { agent: { key: null, version: '2' } } });
      await restoreObjects({ client, checkpoint, signal });
      assert.equal(await client.get(token), undefined);
      assert.deepEqual((await client.get(widget('a', {})))?.spec, { size: 1, agent: { key: 'new' } });
      assert.deepEqual((await client.get(widget('b', {})))?.spec, { size: 2, agent: { version: '1' } });
      assert.deepEqual(await compareWithCheckpoint({ client, checkpoint, signal }), []);
    }));

  test('is compared by what objects state, also where another version alone is served by now', () =>
    withCluster(async (server) => {
      server.put(crd, widget('a', { size: 1 }), widget('b', { size: 2 }));
      const client = server.client();
      const checkpoint = await kept(server);
      await client.list({ apiVersion: 'example.com/v1', kind: 'Widget' });
      const versions = [{ name: 'v2', served: true, storage: true }];
      await client.replace({ ...crd, spec: { ...Object(crd.spec), versions } });
      await client.patch({ ...widget('b', {}), apiVersion: 'example.com/v2' }, { spec: { size: 3 } });
      const differences = await compareWithCheckpoint({ client, checkpoint, signal });
      assert.deepEqual(
        differences.map(({ subject, what, fields }) => [subject, what, fields.map(({ field }) => field)]),
        [
          [
            'CustomResourceDefinition.apiextensions.k8s.io widgets.example.com',
            'changed',
            ['spec.versions.0.name'],
          ],
          ['Widget.example.com shop/b', 'changed', ['spec.size']],
        ],
      );
    }));

  test('leaves alone what a controller made, and what is on its way out', () =>
    withCluster(async (server) => {
      const owner = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'a', uid: 'u', controller: true };
      server.put(crd, widget('a', { size: 1 }), widget('made', { size: 2 }, { ownerReferences: [owner] }));
      const client = server.client();
      const checkpoint = await kept(server);
      assert.equal(checkpoint.head.kinds[0]?.objects, 1);
      await client.delete(widget('made', {}));
      assert.deepEqual(await restoreObjects({ client, checkpoint, signal }), []);
    }));

  test('brings credentials back that were lost, and leaves those that were renewed', () =>
    withCluster(async (server) => {
      const helm = { labels: { 'app.kubernetes.io/managed-by': 'Helm' } };
      server.put(setting('Secret', 'authority', { key: 'b2xk', more: 'eA==' }, helm));
      server.put(setting('Secret', 'mail', { password: 'b2xk' }));
      const client = server.client();
      const checkpoint = await kept(server);
      await client.replace(setting('Secret', 'authority', { key: 'bmV3' }, helm));
      await client.replace(setting('Secret', 'mail', { password: 'bmV3' }));
      const differences = await compareWithCheckpoint({ client, checkpoint, signal });
      assert.doesNotMatch(JSON.stringify(differences), /b2xk|bmV3|eA==/);
      assert.deepEqual(
        differences.map(({ subject, stays }) => [subject, stays]),
        [
          ['Secret platform/authority', false],
          ['Secret platform/mail', false],
        ],
      );
      await restoreObjects({ client, checkpoint, signal });
      const data = async (name: string) => (await client.get(setting('Secret', name, {})))?.data;
      assert.deepEqual(await data('authority'), { key: 'bmV3', more: 'eA==' });
      assert.deepEqual(await data('mail'), { password: 'b2xk' });
      const left = await compareWithCheckpoint({ client, checkpoint, signal });
      assert.deepEqual(
        left.map(({ subject, stays }) => [subject, stays]),
        [['Secret platform/authority', true]],
      );

      // Deleted and made again empty, as by an uninstalled and installed chart.
      await client.delete(setting('Secret', 'authority', {}));
      await client.create(setting('Secret', 'authority', { key: 'bmV3' }, helm));
      await restoreObjects({ client, checkpoint, signal });
      assert.deepEqual(await data('authority'), { key: 'b2xk', more: 'eA==' });
    }));

  test('brings lost settings back before the component that had them', () =>
    withCluster(async (server) => {
      const helm = { labels: { 'app.kubernetes.io/managed-by': 'Helm' } };
      const authority = setting('Secret', 'authority', { key: 'b2xk' }, helm);
      server.put(authority, setting('ConfigMap', 'look', { color: 'red' }));
      const client = server.client();
      const checkpoint = await kept(server);
      await client.delete(authority);
      await client.apply(setting('ConfigMap', 'look', { color: 'blue' }));
      await restoreLostSettings({ client, checkpoint, namespace: 'elsewhere', signal });
      assert.equal(await client.get(authority), undefined);
      await restoreLostSettings({ client, checkpoint, namespace: 'platform', signal });
      const back = await client.get(authority);
      assert.deepEqual([back?.data, back?.metadata.labels], [authority.data, helm.labels]);
      assert.equal(at(await client.get(setting('ConfigMap', 'look', {})), 'data', 'color'), 'blue');
    }));

  test('holds no settings of Kubernetes, of Helm and of programs that run', () =>
    withCluster(async (server) => {
      const by = (name: string) => ({ labels: { 'app.kubernetes.io/managed-by': name } });
      server.put(
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'hub', namespace: 'platform' } },
        setting('ConfigMap', 'audit-7', { page: 'x' }, by('hub')),
        setting('Secret', 'own-key', { key: 'eA==' }, by('hub')),
        setting('ConfigMap', 'kube-root-ca.crt', { 'ca.crt': 'x' }),
        setting('ConfigMap', 'record', { a: 'b' }, { labels: { 'skerry.dev/installation': 'i' } }),
        setting('ConfigMap', 'stated', { a: 'b' }, { annotations: { 'skerry.dev/checkpoint': 'never' } }),
        { ...setting('Secret', 'release', { release: 'x' }), type: 'helm.sh/release.v1' },
        setting('ConfigMap', 'look', { color: 'red' }),
      );
      const { head } = await kept(server);
      assert.deepEqual([head.namespaces, head.settings], [['platform'], 2]);
      server.put({
        ...setting('ConfigMap', 'kubeadm-config', {}),
        metadata: { name: 'x', namespace: 'kube-system' },
      });
      const system = [{ name: 'dns', namespace: 'kube-system', crds: [] }];
      const client = server.client();
      const taken = await takeCheckpoint({ client, installation, components: system, signal });
      assert.deepEqual([taken.head.namespaces, taken.head.settings], [[], 0]);
    }));

  test('does not bring back what was deleted with its namespace', () =>
    withCluster(async (server) => {
      server.put(crd, widget('a', { size: 1 }));
      const client = server.client();
      const checkpoint = await kept(server);
      await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
      assert.deepEqual(await restoreObjects({ client, checkpoint, signal }), [
        { object: 'Widget.example.com shop/a', action: 'namespace-gone' },
      ]);
      const [left] = await compareWithCheckpoint({ client, checkpoint, signal });
      assert.deepEqual([left?.what, left?.stays], ['gone', true]);
    }));

  test('ends the same wherever putting back is cut off, and however others write meanwhile', () =>
    withCluster(async (server) => {
      server.put(crd, ...Array.from({ length: 5 }, (_, index) => widget(`w${index}`, { size: index })));
      const client = server.client();
      const checkpoint = await kept(server);
      for (let cut = 0; cut < 5; cut++) {
        for (let index = 0; index < 4; index++)
          await client.patch(widget(`w${index}`, {}), { spec: { size: 100 } });
        await client.delete(widget('w4', {}));
        let left = cut;
        server.onCall = () => {
          const call = server.calls.at(-1) ?? '';
          if (/^(PUT|POST)/.test(call) && left-- === 0)
            server.fail({ path: /./, times: 100, how: 'cut-after' });
        };
        await assert.rejects(restoreObjects({ client, checkpoint, signal }));
        server.onCall = () => {};
        server.mend();
        server.fail({ method: 'PUT', path: /widgets/, how: { status: 409, message: 'modified' } });
        await restoreObjects({ client, checkpoint, signal });
        server.mend();
        assert.deepEqual(await compareWithCheckpoint({ client, checkpoint, signal }), []);
      }
    }));

  test('says which objects could not be put back, after all others were', () =>
    withCluster(async (server) => {
      server.put(crd, widget('a', { size: 1 }), widget('b', { size: 2 }));
      const client = server.client();
      const checkpoint = await kept(server);
      for (const name of ['a', 'b']) await client.patch(widget(name, {}), { spec: { size: 9 } });
      const message = 'admission webhook "guard" denied the request';
      server.fail({ method: 'PUT', path: /widgets\/a/, how: { status: 400, message } });
      await assert.rejects(restoreObjects({ client, checkpoint, signal }), (error) => {
        assert.ok(isSkerryError(error, 'RESTORE_FAILED'));
        assert.match(error.detail ?? '', /shop\/a: .*guard/);
        return true;
      });
      assert.equal(at(await client.get(widget('b', {})), 'spec', 'size'), 2);
    }));

  test('keeps the digits of large integers', () =>
    withCluster(async (server) => {
      const raw = { big: 'BIG', size: 1 };
      server.put(crd, widget('a', raw));
      const client = server.client();
      const big = 9_007_199_254_740_993n;
      const exact: typeof client.pages = async function* (selection, options) {
        for await (const page of client.pages(selection, options))
          yield page.map((object) =>
            object.kind === 'Widget' ? { ...object, spec: { ...Object(object.spec), big } } : object,
          );
      };
      const checkpoint = await takeCheckpoint({
        client: { ...client, pages: exact },
        installation,
        components,
        signal,
      });
      let written: unknown;
      const replace: typeof client.replace = async (object) => {
        written = at(object, 'spec', 'big');
        return object;
      };
      await restoreObjects({ client: { ...client, replace }, checkpoint, signal });
      assert.equal(written, big);
    }));
});

describe('a checkpoint that is kept', () => {
  const secret = setting('Secret', 'mail', { password: 'cGxhbnRlZA==' });

  test('has the same bytes for the same cluster and key, and shows nothing of what it holds', () =>
    withCluster(async (server) => {
      server.put(crd, widget('planted', { size: 1 }), secret);
      const key = randomBytes(32);
      const first = await packCheckpoint(await take(server), key);
      const second = await packCheckpoint(await take(server), key);
      assert.equal(first.address.digest, second.address.digest);
      assert.equal(first.address.repository, 'skerry/checkpoints');
      const manifest = await first.store.readManifest(first.address.repository, first.address.tag);
      assert.ok(manifest);
      const texts = [Buffer.from(manifest.bytes).toString('latin1')];
      for (const [digest] of texts[0]?.matchAll(/sha256:[0-9a-f]{64}/g) ?? []) {
        const blob = await first.store.readBlob('', parseDigest(digest));
        texts.push(Buffer.concat(await Array.fromAsync(blob?.stream ?? [])).toString('latin1'));
      }
      assert.equal(texts.length, 4);
      assert.doesNotMatch(texts.join(), /planted|Widget|cGxhbnRlZA|platform/);
    }));

  test('is read from the registry in the cluster, and refused where it is another or cannot be opened', () =>
    withCluster(async (server) => {
      server.put(crd, widget('a', { size: 1 }), secret);
      server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
      const client = server.client();
      const random = (size: number) => randomBytes(size);
      const key = await ensureCheckpointKey({ client, id: 'i', random, signal });
      assert.deepEqual(await ensureCheckpointKey({ client, id: 'i', random, signal }), key);
      const taken = await take(server);
      const { store, address } = await packCheckpoint(taken, key);
      const registry = await ProxiedRegistry.start(store);
      try {
        const proxied = { ...client, open: registry.client().open };
        assert.deepEqual(await openCheckpoint(proxied, address, signal), taken);
        const other = { ...address, digest: digestOf('other') };
        await assert.rejects(openCheckpoint(proxied, other, signal), { code: 'CHECKPOINT_NOT_FOUND' });
        const unreadable = { code: 'CHECKPOINT_UNREADABLE' };
        await assert.rejects(readCheckpoint(store, address, { key: randomBytes(32), signal }), unreadable);
        await client.delete({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'skerry-checkpoint-key', namespace: 'skerry-system' },
        });
        await assert.rejects(openCheckpoint(proxied, address, signal), unreadable);
      } finally {
        await registry.close();
      }
    }));
});
