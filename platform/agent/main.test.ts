import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { runAgent } from './main.ts';

const LEASE = 'Lease.coordination.k8s.io skerry-system/skerry-agent';

test('an agent that has lost its Lease ends, so that no two work in a cluster', async () => {
  const server = await ScriptedApiServer.start();
  const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  server.put(namespace('kube-system'), namespace('skerry-system'));
  const stop = new AbortController();
  try {
    const ended = start(server.url, {}, stop.signal);
    for (let tries = 0; server.objects.find(LEASE) === undefined && tries < 200; tries++) await sleep(50);
    const lease = server.objects.find(LEASE);
    assert.ok(lease !== undefined, 'no Lease was taken');
    server.objects.replace({ ...lease, spec: { ...Object(lease.spec), holderIdentity: 'another' } });
    await assert.rejects(ended, (error) => isSkerryError(error, 'AGENT_ALREADY_RUNS'));
  } finally {
    stop.abort();
    await server.close();
  }
});

test('an agent that starts while its cluster is in trouble waits until it is well', async () => {
  const server = await ScriptedApiServer.start();
  const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  server.put(namespace('kube-system'), namespace('skerry-system'));
  server.fail({ path: /\/namespaces\/kube-system$/, how: { status: 500 } });
  server.fail({ method: 'GET', path: /\/leases\//, how: { status: 500 } });
  const stop = new AbortController();
  const ended = start(server.url, {}, stop.signal);
  try {
    const taken = async () => {
      while (server.objects.find(LEASE) === undefined) await sleep(50, undefined, { signal: stop.signal });
      return 'taken';
    };
    assert.equal(await Promise.race([taken(), ended]), 'taken');
  } finally {
    stop.abort();
    await ended.catch(() => undefined);
    await server.close();
  }
});

test('a file about the hub that cannot be used stops the agent at once', async () => {
  const hub = join(await testFolder('agent'), 'hub.json');
  const invalid = (error: unknown) => isSkerryError(error, 'AGENT_OPTION_INVALID');
  const { signal } = new AbortController();
  await assert.rejects(start('http://127.0.0.1:1', { hub }, signal), invalid);
  await writeFile(hub, '{"urls": "https://hub"}');
  await assert.rejects(start('http://127.0.0.1:1', { hub }, signal), invalid);
});

async function start(server: string, more: { hub?: string }, signal: AbortSignal): Promise<void> {
  const scratch = await testFolder('agent');
  const kubeconfig = join(scratch, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 't' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  await runAgent(
    {
      version: '0.1.0',
      namespace: 'skerry-system',
      helm: 'helm is not run',
      probePort: 0,
      identity: 'this one',
      logLevel: 'silent',
      ...{ kubeconfig, scratch, ...more },
    },
    { signal, stdout: process.stderr, env: {}, now: () => new Date(), random: () => 0.5 },
  );
}
