import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { isSkerryError } from '../../content/error.ts';
import { claimScratch, noteInstallation, releaseScratch, type ScratchOptions } from './scratch-cluster.ts';

let server: ScriptedApiServer;
const servers: ScriptedApiServer[] = [];
const signal = AbortSignal.timeout(60_000);
const options = (allowed: readonly string[] = []): ScratchOptions => ({
  ...{ allowed, signal, by: 'a@b' },
  now: () => new Date('2026-01-01T00:00:00Z'),
});
const refused = (error: unknown) => isSkerryError(error, 'CLUSTER_NOT_SCRATCH');

beforeEach(async () => {
  server = await ScriptedApiServer.start();
  servers.push(server);
  for (const name of ['default', 'kube-system', 'kube-public']) namespace(name);
});
after(async () => {
  for (const one of servers) await one.close();
});

test('a bare cluster is claimed, again too, and given back with nothing left', async () => {
  const client = server.client();
  const before = JSON.stringify(server.objects.all());
  await claimScratch(client, options());
  await claimScratch(client, options());
  await releaseScratch(client, signal);
  assert.equal(JSON.stringify(server.objects.all()), before);
});

test('a cluster with a namespace that nobody allowed is refused, and nothing is changed in it', async () => {
  namespace('shop');
  namespace('storage');
  const before = JSON.stringify(server.objects.all());
  await assert.rejects(claimScratch(server.client(), options(['storage'])), (error) => {
    assert.ok(refused(error) && error instanceof Error);
    return /namespaces shop\b/.test(error.message) && !/storage/.test(error.message);
  });
  assert.equal(JSON.stringify(server.objects.all()), before);
  await claimScratch(server.client(), options(['shop', 'storage']));
});

test('an installation that no rehearsal made is refused whatever is allowed; one that it noted is its own', async () => {
  const client = server.client();
  await claimScratch(client, options());
  installation('somebody');
  await assert.rejects(claimScratch(client, options(['all'])), refused);
  installation('ours');
  await noteInstallation(client, signal);
  await claimScratch(client, options());
  installation('somebody');
  await assert.rejects(claimScratch(client, options(['all'])), refused);
});

function namespace(name: string): void {
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

function installation(id: string): void {
  const digest = `sha256:${'a'.repeat(64)}`;
  const value = {
    ...{ version: 2, id, state: 'installed', release: { name: 'demo', version: '1.0.0', digest } },
    ...{ key: { fingerprint: 'f', pem: 'p' }, phases: [], components: [], history: [] },
    namespaces: ['skerry-system'],
  };
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'skerry-installation', namespace: 'skerry-system' },
    data: { installation: JSON.stringify(value) },
  };
  if (server.objects.find('ConfigMap skerry-system/skerry-installation') === undefined) server.put(object);
  else server.objects.replace(object);
}
