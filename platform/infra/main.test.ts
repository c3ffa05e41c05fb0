import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textAt } from '../../apply/json.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { runInfra } from './main.ts';

const LIMIT_MS = 60_000;
const LEASE = 'Lease.coordination.k8s.io skerry-infra/skerry-infra';

test('of two gateways in one cluster one works, and it stops when another one has its Lease', async (t) => {
  const site = await startSite(t);
  const first = site.run('first');
  await says(first, 'the controllers work');
  const second = site.run('second');
  await says(second, 'these wait');
  const held = site.server.objects.find(LEASE);
  assert.ok(held !== undefined && textAt(held, 'spec', 'holderIdentity') === 'first');
  const spec = { leaseDurationSeconds: 15, holderIdentity: 'third' };
  site.server.objects.replace({ ...held, spec });
  await assert.rejects(first.ended, { code: 'INFRA_LEASE_LOST' });
  assert.ok(!second.log.includes('the controllers work'));
  site.stop();
  await assert.rejects(second.ended);
});

async function startSite(t: TestContext) {
  const server = await ScriptedApiServer.start();
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-infra' } });
  t.after(async () => await server.close());
  const kubeconfig = join(await testFolder('kubeconfig'), 'config');
  const text = {
    clusters: [{ name: 'one', cluster: { server: server.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'one', user: { token: 'secret' } }],
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    'current-context': 'one',
  };
  await writeFile(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...text }), { mode: 0o600 });
  const stop = new AbortController();
  return {
    server,
    stop: () => stop.abort(),
    run: (identity: string) => {
      const running: Running = { log: '', ended: Promise.resolve() };
      const write = (line: string) => {
        running.log += line;
        return true;
      };
      running.ended = runInfra(
        { kubeconfig, namespace: 'skerry-infra', identity, maxConcurrent: 2, probePort: 0, logLevel: 'info' },
        { signal: stop.signal, stdout: { write }, now: () => new Date() },
      );
      // Looked at where it matters.
      running.ended.catch(() => undefined);
      return running;
    },
  };
}

interface Running {
  log: string;
  ended: Promise<void>;
}

async function says(running: Running, words: string): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  while (!running.log.includes(words)) {
    if (signal.aborted) throw new Error(`it does not say "${words}": ${running.log}`);
    await Promise.race([sleep(50), running.ended]);
  }
}
