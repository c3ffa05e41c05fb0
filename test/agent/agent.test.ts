import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { createHelm, type Helm } from '../../apply/helm/helm.ts';
import { textAt } from '../../apply/json.ts';
import type { Report } from '../../platform/desired/report.ts';
import { forwardApi } from '../charts/api-forward.ts';
import { helmProgram } from '../charts/helm-program.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { startAgentProcess } from './agent-process.ts';
import {
  agentKubeconfig,
  agentRights,
  keepEnvelope,
  type PackSite,
  packConfigs,
  type RunningAgent,
  runAgent,
  servePacks,
  TestHub,
  untilReported,
} from './agent-site.ts';

const LIT = { apiVersion: 'tiny.example/v1', kind: 'Lamp', cel: "self.status.lit == 'yes'" };

describe('an agent in a real cluster, with no hub', { timeout: 300_000 }, () => {
  let cluster: Cluster;
  let packs: PackSite;
  let hub: TestHub;
  let client: KubeClient;
  let administrator: KubeClient;
  let helm: Helm;
  let folder: string;
  let own: string;
  let agent: RunningAgent;
  let closeForward: () => void;

  before(async () => {
    await ensureHost({ install: true });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    packs = await servePacks();
    hub = new TestHub(packs);
    cluster = await startCluster({ name: 'agent', programs });
    folder = await mkdtemp(join(tmpdir(), 'skerry-agent-test-'));
    const forward = await forwardApi(cluster);
    closeForward = () => forward.close();
    const admin = await forward.kubeconfig(cluster.kubeconfig, folder);
    administrator = await connectCluster({ path: admin });
    for (const object of agentRights(await packConfigs(packs))) await administrator.apply(object);
    // The agent has the rights that its manifest gives it, and no others.
    const kubeconfig = await agentKubeconfig(cluster, admin);
    own = kubeconfig;
    client = await connectCluster({ path: kubeconfig }, { fieldManager: 'skerry-agent' });
    const program = await helmProgram();
    const environment = { PATH: process.env.PATH };
    helm = createHelm({ program, home: join(folder, 'helm'), environment, kubeconfig });
    agent = await start();
  });
  after(async () => {
    await agent?.stop();
    closeForward?.();
    await cluster?.stop();
    await packs?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const start = async () =>
    await runAgent(
      { client, helm, scratch: join(folder, 'scratch'), hub },
      { unseal: async () => ({ password: 'of nobody else' }) },
    );

  test('an envelope is held, and all its layers become ready in the order of what they depend on', async () => {
    const layers = [
      hub.layer('rooms', { dependsOn: ['lamps'], health: [ATTIC] }),
      hub.layer('lamps'),
      hub.layer('web', { values: { color: 'blue' }, sealed: 'sealed' }),
    ];
    assert.deepEqual(await agent.holder.offer(hub.envelope(1, layers)), { accepted: true });
    const report = await complete(agent, 1);
    assert.deepEqual(states(report), { rooms: 'ready', lamps: 'ready', web: 'ready' });
    assert.ok(report.layers.every(({ seconds = -1, objects = 0 }) => seconds >= 0 && objects >= 0));
    assert.ok((report.envelope.seconds ?? -1) >= 0);
    assert.equal(report.kubernetes, (await client.version()).gitVersion);
    assert.deepEqual([report.nodes.ready, report.nodes.total], [1, 1]);
    assert.ok(report.capacity.cpu > 0 && report.capacity.memoryBytes > 0 && report.capacity.pods > 0);
    assert.ok(report.certificates.some(({ name }) => name === 'kube-apiserver'));
    assert.deepEqual(await web(), { color: 'blue', password: 'of nobody else', revision: '1' });
    const hall = await administrator.get(lamp('hall'));
    assert.equal(textAt(hall, 'spec', 'color'), '{{ red }}');
  });

  test('a replayed envelope, and one that another key signed, are refused and reported', async () => {
    const other = new TestHub(packs).envelope(9, []);
    const answer = await agent.holder.offer(other);
    assert.deepEqual([answer.accepted, codeIn(answer)], [false, 'SIGNATURE_NOT_TRUSTED']);
    const outdated = await agent.holder.offer(hub.envelope(1, [hub.layer('lamps')]));
    assert.equal(codeIn(outdated), 'ENVELOPE_CONFLICT');
    const report = await agent.reported(
      'the refusal',
      ({ refused }) => refused?.code === 'ENVELOPE_CONFLICT',
    );
    assert.deepEqual([report.envelope.number, report.envelope.state], [1, 'complete']);
  });

  test('after a restart nothing is applied again, with no hub to ask', async () => {
    const { number = 0 } = agent.holder.report() ?? {};
    await agent.stop();
    agent = await start();
    const report = await complete(agent, 1);
    assert.deepEqual(states(report), { rooms: 'ready', lamps: 'ready', web: 'ready' });
    assert.deepEqual(agent.applied, []);
    assert.equal((await web()).revision, '1');
    assert.ok(report.number >= number);
  });

  test('a gate that fails keeps back what depends on it, and nothing else', async () => {
    const layers = [
      hub.layer('lamps'),
      hub.layer('rooms', { dependsOn: ['lamps'], health: [LIT, ATTIC], timeoutSeconds: 3 }),
      hub.layer('web', { values: { color: 'red' }, dependsOn: ['lamps'] }),
      hub.layer('lamps', { name: 'late', namespace: 'late', dependsOn: ['rooms'] }),
    ];
    await agent.holder.offer(hub.envelope(2, layers));
    const report = await agent.reported('the failure', ({ envelope }) => envelope.state === 'failed');
    assert.deepEqual(states(report), { lamps: 'ready', rooms: 'failed', web: 'ready', late: 'waiting' });
    assert.equal(report.layers.find(({ name }) => name === 'rooms')?.code, 'HEALTH_TIMEOUT');
    assert.equal((await web()).color, 'red');
  });

  test('only what an envelope names is removed, and data stays', async () => {
    const layers = [hub.layer('lamps')];
    const remove = [
      { name: 'rooms', namespace: 'sea', onRemove: 'prune' as const },
      { name: 'never-seen', namespace: 'sea', onRemove: 'prune' as const },
    ];
    await agent.holder.offer(hub.envelope(3, layers, { remove }));
    const report = await complete(agent, 3);
    assert.deepEqual(report.removed.toSorted(), ['never-seen', 'rooms']);
    assert.equal(await administrator.get(lamp('hall')), undefined);
    assert.notEqual(await administrator.get(claim('attic')), undefined);
    // Absent from the envelope, and so left alone.
    assert.equal((await web()).color, 'red');
    await agent.holder.offer(hub.envelope(4, layers, { remove: [{ ...removal('web'), onRemove: 'keep' }] }));
    assert.deepEqual((await complete(agent, 4)).removed, ['web']);
    assert.equal((await web()).color, 'red');
  });

  test('an apply that was cut off is gone on with after a restart', async () => {
    await agent.holder.offer(hub.envelope(5, [hub.layer('web', { name: 'cut', namespace: 'cut' })]));
    await agent.reported('its start', ({ layers }) => layers.some(({ state }) => state !== 'waiting'));
    await agent.stop();
    agent = await start();
    const report = await complete(agent, 5);
    assert.deepEqual(states(report), { cut: 'ready' });
  });

  test('a layer that loses something is degraded and not applied again, and what was lost is reported', async () => {
    const before = agent.applied.length;
    await administrator.delete(settings('cut'));
    const report = await agent.reported(
      'the loss',
      ({ layers, drift }) => layers[0]?.state === 'degraded' && drift.count > 0,
    );
    assert.equal(report.envelope.state, 'complete');
    assert.deepEqual(
      report.drift.items.map(({ layer, object, what }) => [layer, object, what]),
      [['cut', 'ConfigMap cut/web', 'deleted']],
    );
    assert.equal(agent.applied.length, before);
  });

  test('a paused envelope changes nothing', async () => {
    const layers = [hub.layer('web', { name: 'cut', namespace: 'cut', values: { color: 'green' } })];
    await agent.holder.offer(hub.envelope(6, layers, { paused: true }));
    const report = await agent.reported('the pause', ({ envelope }) => envelope.state === 'paused');
    assert.equal(report.envelope.number, 6);
    assert.equal(await administrator.get(settings('cut')), undefined);
  });

  test('a layer that the agent may not apply fails with the rule that is missing, and nothing of it is there', async () => {
    const [, ...others] = await packConfigs(packs);
    for (const object of agentRights(others)) await administrator.apply(object, { force: true });
    const lamps = hub.layer('lamps', { name: 'refused', namespace: 'refused' });
    await agent.holder.offer(hub.envelope(7, [lamps]));
    const report = await agent.reported(
      'the failure',
      ({ envelope: { number, state } }) => number === 7 && state === 'failed',
    );
    const [layer] = report.layers;
    assert.equal(layer?.code, 'CLUSTER_FORBIDDEN');
    assert.match(layer?.message ?? '', /customresourcedefinitions/);
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'refused' } };
    assert.equal(await administrator.get(namespace), undefined);
  });

  test('the agent as a process of its own goes on with the envelope that it finds, twenty layers and all', async (t) => {
    await agent.stop();
    for (const object of agentRights(await packConfigs(packs)))
      await administrator.apply(object, { force: true });
    const layers = Array.from({ length: 20 }, (_, index) =>
      hub.layer('web', { name: `web-${index}`, namespace: `many-${index}` }),
    );
    await keepEnvelope(administrator, hub.envelope(8, layers));
    const kept = await startAgentProcess(own, await helmProgram(), join(folder, 'process'));
    try {
      await untilReported(
        administrator,
        ({ envelope }) => envelope.number === 8 && envelope.state === 'complete',
      );
      const bytes = await kept.memory();
      t.diagnostic(`${(bytes / 1e6).toFixed(0)} MB`);
      assert.ok(bytes < 100_000_000, `${bytes} bytes`);
    } finally {
      assert.equal(await kept.stop(), 0, kept.log());
      agent = await start();
    }
  });

  const web = async () => {
    const found = await administrator.get(settings('sea'));
    const { color, password, revision } = Object(found?.data);
    return { color, password, revision };
  };
});

const ATTIC = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ignore: true };

function states({ layers }: Report): Record<string, string> {
  return Object.fromEntries(layers.map(({ name, state }) => [name, state]));
}

async function complete(agent: RunningAgent, number: number): Promise<Report> {
  return await agent.reported(
    `envelope ${number} complete`,
    ({ envelope, kubernetes, nodes, layers }) =>
      envelope.number === number &&
      envelope.state === 'complete' &&
      kubernetes !== '' &&
      nodes.total > 0 &&
      layers.every(({ state }) => state === 'ready'),
  );
}

function codeIn(answer: { accepted: boolean; code?: string }): string | undefined {
  return answer.code;
}

function removal(name: string) {
  return { name, namespace: 'sea', onRemove: 'prune' as const };
}

function lamp(name: string) {
  return { apiVersion: 'tiny.example/v1', kind: 'Lamp', metadata: { name, namespace: 'sea' } };
}

function claim(name: string) {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: 'sea' } };
}

function settings(namespace: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace } };
}
