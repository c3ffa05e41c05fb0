import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { InstallationSchema } from '../record/installation.ts';
import { compareContents, describeDifference, readContents } from './contents.ts';

let server: ScriptedApiServer;
const signal = AbortSignal.timeout(60_000);
const INSTALLATION = InstallationSchema.parse({
  version: 2,
  state: 'installed',
  release: { name: 'demo', version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` },
  key: { fingerprint: 'f', pem: 'p' },
  phases: [],
  components: [{ name: 'hub', namespace: 'ours', crds: [] }],
  namespaces: [],
  history: [],
});

before(async () => {
  server = await ScriptedApiServer.start();
});
after(async () => await server.close());

const read = () => readContents(server.client(), INSTALLATION, signal);
const differences = async (start: Awaited<ReturnType<typeof read>>) =>
  compareContents(start, await read()).map(describeDifference);

test('what changed, came and went in an installation is reported by object and field, and nothing of others', async () => {
  server.put(config('settings', { color: 'red' }), config('gone', {}), {
    ...config('elsewhere', {}),
    metadata: { name: 'elsewhere', namespace: 'theirs' },
  });
  const start = await read();
  assert.deepEqual(await differences(start), []);
  server.objects.replace(config('settings', { color: 'blue' }));
  server.put(config('new', {}));
  server.objects.replace({
    ...config('elsewhere', { a: 'b' }),
    metadata: { name: 'elsewhere', namespace: 'theirs' },
  });
  server.objects.delete('ConfigMap ours/gone');
  assert.deepEqual((await differences(start)).sort(), [
    'added ConfigMap ours/new',
    'changed ConfigMap ours/settings .data.color',
    'missing ConfigMap ours/gone',
  ]);
});

test('what passes by itself is no difference: pods, leases, revisions, audit records, what the installer keeps', async () => {
  const start = await read();
  server.put(
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'ours' } },
    config('skerry-audit-1', {}),
    {
      ...config('key', {}),
      metadata: { name: 'k', namespace: 'ours', labels: { 'skerry.dev/installation': 'x' } },
    },
    { ...secret('sh.helm.release.v1.hub.v2', {}) },
  );
  assert.deepEqual(await differences(start), []);
});

test('of a Secret it is reported that it changed, but never to what; a renewed certificate is no change', async () => {
  server.put(secret('login', { password: 'b25l', 'tls.crt': 'b25l' }));
  const start = await read();
  assert.ok(!JSON.stringify([...start.values()]).includes('b25l'));
  server.objects.replace(secret('login', { password: 'b25l', 'tls.crt': 'dHdv' }));
  assert.deepEqual(await differences(start), []);
  server.objects.replace(secret('login', { password: 'dHdv', 'tls.crt': 'dHdv' }));
  assert.deepEqual(await differences(start), ['changed Secret ours/login .data.password']);
});

function config(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ours' }, data };
}

function secret(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'ours' }, data };
}
