import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { applyCrds } from '../../apply/inventory/crds.ts';
import { isJsonObject } from '../../apply/json.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { definitionOf } from '../../platform/api/custom-resource.ts';
import { API_VERSION } from '../../platform/api/group.ts';
import { kinds } from '../../platform/api/kinds.ts';
import { sampleSealing } from '../../platform/hub/compile/testing/sample.ts';
import { conditionOf } from '../../platform/hub/controller/conditions.ts';
import { envelopeOf } from '../../platform/hub/controller/revisions.ts';
import { type Controllers, startControllers } from '../../platform/hub/controller/start-controllers.ts';
import {
  clusterObject,
  PROJECT,
  profileObject,
  reportOf,
} from '../../platform/hub/controller/testing/hub-cluster.ts';
import { HUB, sampleSign } from '../../platform/hub/controller/testing/sample-world.ts';
import { updateStatus } from '../../platform/hub/controller/update-status.ts';
import { GatewayObjects } from '../../platform/hub/gateway/gateway-objects.ts';
import { pushSamplePack } from '../../platform/hub/testing/sample-packs.ts';
import { referenceTo, StoredCluster, StoredRevision } from '../../platform/hub/watched/stored.ts';
import { watchAll } from '../../platform/hub/watched/testing/watch-all.ts';
import { type ApiForward, forwardApi } from '../charts/api-forward.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';

const KEY = `${PROJECT}/edge`;
const PREFIX = 'skerry/packs';
const LIMIT_MS = 60_000;

describe('the controllers on a real API server', { timeout: 600_000 }, () => {
  let cluster: Cluster;
  let forward: ApiForward;
  let folder: string;
  let client: KubeClient;
  let controllers: Controllers;
  const { publicKey } = generateKeyPairSync('ed25519');
  const stop = new AbortController();
  const { signal } = new AbortController();

  before(async () => {
    await ensureHost({ install: true });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    cluster = await startCluster({ name: 'compile', programs });
    forward = await forwardApi(cluster);
    folder = await mkdtemp(join(tmpdir(), 'skerry-compile-'));
    client = await connectCluster({ path: await forward.kubeconfig(cluster.kubeconfig, folder) });
    await applyCrds({ client, crds: kinds.map(definitionOf) });
    for (const name of [PROJECT, 'skerry-system'])
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const store = new MemoryStore();
    for (const version of ['1.0.0', '2.0.0']) {
      const names = version === '1.0.0' ? ['web', 'cache'] : ['web'];
      const packs = [];
      for (const name of names) {
        const { digest } = await pushSamplePack(store, PREFIX, { name, version });
        packs.push({ name, version, digest });
      }
      await client.create(profileObject({ name: 'site', version, packs }));
    }
    const watched = watchAll(client, stop.signal);
    controllers = startControllers({
      client,
      watched,
      gateways: new GatewayObjects(watched),
      catalog: { pack: () => assert.fail('no gateway'), versions: () => assert.fail('no gateway') },
      checkPlacement: () => [],
      randomId: () => assert.fail('no gateway'),
      store,
      platformRegistry: { address: 'registry.test', packsPrefix: PREFIX },
      openRegistry: () => assert.fail('no other registry is named'),
      door: () => HUB,
      agentImage: async () => undefined,
      sealing: sampleSealing(),
      sign: sampleSign,
      namespace: 'skerry-system',
      identity: 'test',
      log: { info: () => undefined, warn: () => undefined },
      signal: stop.signal,
    });
  });

  after(async () => {
    stop.abort();
    await controllers?.stopped;
    forward?.close();
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function read(): Promise<StoredCluster> {
    return StoredCluster.parse(await client.get(referenceTo('Cluster', KEY)));
  }

  async function until(what: string, isTrue: (cluster: StoredCluster) => boolean): Promise<StoredCluster> {
    const end = performance.now() + LIMIT_MS;
    for (;;) {
      const found = await read();
      if (isTrue(found)) return found;
      assert.ok(
        performance.now() < end,
        `${what} within ${LIMIT_MS / 1000} s: ${JSON.stringify(found.status)}`,
      );
      await sleep(100);
    }
  }

  async function revision(number: number) {
    const found = await client.get(referenceTo('ClusterRevision', `${PROJECT}/edge-${number}`));
    return envelopeOf(StoredRevision.parse(found));
  }

  test('a cluster gets its envelopes and is Ready by its reports; a rollout brings the next version', async () => {
    const { status, ...object } = clusterObject('edge', { profiles: [{ name: 'site', version: '1.0.0' }] });
    await client.create(object);
    await updateStatus(
      client,
      referenceTo('Cluster', KEY),
      () => ({ phase: 'Pending', ...(isJsonObject(status) ? status : {}) }),
      signal,
    );
    const first = await until('the first envelope', (found) => found.status.desired?.number === 1);
    assert.deepEqual(
      (await revision(1)).layers.map(({ name }) => name),
      ['web', 'cache'],
    );
    const agent = { project: PROJECT, name: 'edge', key: first.spec.agent?.key ?? '' };
    const say = async ({ number, digest }: { number: number; digest: string }) => {
      const report = reportOf('edge', { number, digest }, { number });
      await controllers.status.reported({ ...agent, publicKey }, report, digest, 'network');
    };
    assert.ok(first.status.desired !== undefined);
    await say(first.status.desired);
    await until('Ready', (found) => found.status.phase === 'Ready');
    const spec = { profile: 'site', version: '2.0.0', soakSeconds: 0 };
    await client.create({
      apiVersion: API_VERSION,
      kind: 'Rollout',
      metadata: { name: 'up', namespace: PROJECT },
      spec,
    });
    const second = await until('the second envelope', (found) => found.status.desired?.number === 2);
    assert.deepEqual((await revision(2)).remove, [{ name: 'cache', namespace: 'cache', onRemove: 'prune' }]);
    assert.ok(second.status.desired !== undefined);
    await say(second.status.desired);
    const done = await until(
      'Ready again',
      (found) => found.status.phase === 'Ready' && found.status.applied?.number === 2,
    );
    assert.equal(conditionOf(done.status.conditions, 'Complete')?.status, 'True');
    const events = await client.list({ apiVersion: 'v1', kind: 'Event', namespace: PROJECT });
    assert.deepEqual(events.items.map(({ metadata }) => metadata.name).sort(), [
      'edge.complete-1',
      'edge.complete-2',
    ]);
  });
});
