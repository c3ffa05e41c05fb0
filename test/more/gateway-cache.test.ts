import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { tryJson } from '../../content/json.ts';
import { ensureHost } from '../cluster/host.ts';
import { until } from '../fleet/until.ts';
import { deleteOneAndOne, makeOneAndOne, type OneAndOne, wantWorkers } from '../provision/one-and-one.ts';
import { type GatewaySite, startGatewaySite } from '../provision/site/gateway-site.ts';
import { VCSIM_TEMPLATE } from '../provision/vcsim.ts';

const MINUTE = 60_000;
const NAMESPACE = 'skerry-cache';
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/skerry-registry-cache`;
const PORT = 31998;

const Deployment = z.looseObject({
  status: z.looseObject({ readyReplicas: z.int().optional() }).optional(),
});
const Request = z.looseObject({
  event: z.literal('request'),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  remote: z.string(),
});
const BLOB = /\/blobs\/(sha256:[0-9a-f]{64})$/;

describe('a cache beside the machines of a gateway', { timeout: 30 * MINUTE }, () => {
  let site: GatewaySite;
  let work: OneAndOne;
  /** Lines of the registry's log that were there before machines pulled. */
  let seen = 0;
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);

  before(async () => {
    await ensureHost({ install: true, onProgress: say });
    site = await startGatewaySite({ name: 'cache', onProgress: say });
    const { vcsim, cluster } = site;
    work = {
      ...{ site, endpoint: 90, say },
      account: {
        ...{ type: 'vsphere', endpoint: vcsim.endpoint, ca: vcsim.ca },
        credentials: { username: vcsim.username, password: vcsim.password },
      },
      machine: { template: VCSIM_TEMPLATE, cpus: 2, memoryMiB: 2048 },
      cache: { endpoint: `http://${cluster.nodeAddress}:${PORT}` },
    };
  });
  after(async () => {
    await site?.stop();
    say('the end');
  });

  async function runCache(replicas: number): Promise<void> {
    const answer = await site.cluster.api.request(DEPLOYMENT, {
      ...{ method: 'PATCH' as const, contentType: 'application/merge-patch+json' },
      body: { spec: { replicas } },
    });
    assert.equal(answer.status, 200);
    await untilReady(replicas);
  }

  async function untilReady(count: number): Promise<void> {
    const look = async () =>
      Deployment.parse(await site.cluster.api.get(DEPLOYMENT)).status?.readyReplicas ?? 0;
    await until(`${count} caches run`, look, { holds: (ready) => ready === count, limitMs: 3 * MINUTE });
  }

  /** What has been asked of the registry since `seen`. */
  async function asked(): Promise<z.infer<typeof Request>[]> {
    const lines = (await site.registryLog()).split('\n').slice(seen);
    return lines.flatMap((line) => Request.safeParse(tryJson(line)).data ?? []);
  }

  async function sent(): Promise<string[]> {
    return (await asked()).flatMap(({ method, path, status }) => {
      const digest = BLOB.exec(path)?.[1];
      return method === 'GET' && status < 300 && digest !== undefined ? [digest] : [];
    });
  }

  it('is a pack of the gateway', async () => {
    await site.packs.apply({
      ...{ chart: site.chart('registry-cache'), name: 'registry-cache', namespace: NAMESPACE },
      values: { upstream: { endpoint: site.registry }, port: PORT, sizeGiB: 5 },
    });
    await untilReady(1);
    say('the cache is ready');
    seen = (await site.registryLog()).split('\n').length - 1;
  });

  it('has each layer that two machines pull come over the line once', async () => {
    await makeOneAndOne(work);
    const blobs = await sent();
    assert.ok(blobs.length > 5, `${blobs.length} blobs`);
    assert.deepEqual(blobs.toSorted(), [...new Set(blobs)].toSorted());
    const clients = new Set((await asked()).map(({ remote }) => remote));
    say(`${blobs.length} blobs came, each once, for ${[...clients].join(', ')}`);
    // Both are nodes of one cluster, whose images are the same: only the cache has asked.
    assert.equal(clients.size, 1);
  });

  it('boots a machine while the registry is away', async () => {
    await site.endRegistry();
    say('the registry is away');
    await wantWorkers(work, 2);
    say('a second worker is ready');
  });

  it('does not stand in the way when it is away itself', async () => {
    await site.beginRegistry();
    await runCache(0);
    seen = (await site.registryLog()).split('\n').length - 1;
    say('the registry is back, and the cache away');
    await wantWorkers(work, 3);
    assert.ok((await sent()).length > 0);
    say('a third worker is ready');
    await deleteOneAndOne(work);
  });
});
