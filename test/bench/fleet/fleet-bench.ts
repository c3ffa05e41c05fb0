import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster as ClusterKind } from '../../../platform/api/cluster.ts';
import { Rollout } from '../../../platform/api/rollout.ts';
import { clusterPrograms } from '../../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../../cluster/cluster.ts';
import { ensureHost } from '../../cluster/host.ts';
import type { Progress } from '../../cluster/processes/progress.ts';
import { scaleHub } from '../../fleet/backup.ts';
import { installPlatform, makeProject, platformStick } from '../../fleet/fleet.ts';
import { pathOf } from '../../fleet/managed.ts';
import { type PackDigests, packDigests, profileObject } from '../../fleet/profile-object.ts';
import { ensureStick } from '../../install/stick.ts';
import { benchError } from '../errors.ts';
import { AgentCrowd } from './agent-crowd.ts';
import type { MadeAgent } from './crowd-message.ts';
import { etcdBytes } from './etcd-size.ts';
import { type FleetResult, formatFleetReport, type HubSize, type Measure } from './fleet-report.ts';
import { openDoor } from './hub-door.ts';
import { hubMemory } from './hub-memory.ts';

export interface FleetBenchOptions {
  /** Numbers of agents to stop at, in growing order; the last is what the rest is measured with. */
  readonly steps: readonly number[];
  readonly signal: AbortSignal;
  readonly onProgress: Progress;
}

const PROJECT = 'bench';
const PROFILE = 'bench';
/** Objects that are made at the same time. */
const AT_ONCE = 20;
const SETTLE_MS = 70_000;
const IDLE_SECONDS = 60;

/**
 * Measures a hub, as its chart runs it in a real cluster, with agents that are the product's own but for what they apply:
 * each has a key, a certificate and a connection of its own.
 */
export async function runFleetBench(options: FleetBenchOptions): Promise<FleetResult> {
  const { steps, signal, onProgress } = options;
  await ensureHost({ install: true, groups: ['cluster', 'build'], onProgress, signal });
  const made = await ensureStick({ onProgress, signal });
  const programs = await ensurePrograms(clusterPrograms, {
    cache: programCache(process.env),
    onProgress,
    signal,
  });
  const hub = await startCluster({ name: 'bench-fleet', programs, signal, onProgress });
  const crowd = new AgentCrowd(hub);
  const folder = await mkdtemp(join(tmpdir(), 'skerry-bench-fleet-'));
  try {
    const stick = await platformStick(made, folder, hub.nodeAddress, onProgress);
    await installPlatform(hub, stick);
    await makeProject(hub, PROJECT);
    const digests = await packDigests(stick.bundle);
    await putProfile(hub, '1.0.0', digests);
    await crowd.start(signal);
    const emptyBytes = await etcdBytes(hub);
    const sizes: HubSize[] = [];
    for (const agents of steps) {
      sizes.push(await grow(hub, crowd, agents));
      onProgress(formatFleetReport({ sizes, measures: [] }));
    }
    const measures = await measure({ hub, crowd, digests, emptyBytes, sizes, options });
    return { sizes, measures };
  } finally {
    await crowd.stop();
    await hub.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** More agents join, until there are so many. */
async function grow(hub: Cluster, crowd: AgentCrowd, agents: number): Promise<HubSize> {
  const names = Array.from({ length: agents - crowd.size }, (_, index) => `agent-${crowd.size + index}`);
  const made = await crowd.make(names);
  const door = await openDoor(hub);
  const certified = await eachOf(made, AT_ONCE, async (agent) => {
    await putCluster(hub, agent);
    return {
      name: agent.name,
      id: idOf(agent.name),
      certificate: await door.issue(PROJECT, agent, idOf(agent.name)),
    };
  });
  const began = performance.now();
  crowd.connect({ project: PROJECT, hub: door.hub, agents: certified });
  await crowd.untilAll('at the first envelope', ({ number }) => number >= 1);
  const connectSeconds = (performance.now() - began) / 1000;
  return { agents, connectSeconds, hubBytes: await hubMemory(hub) };
}

interface Scene {
  readonly hub: Cluster;
  readonly crowd: AgentCrowd;
  readonly digests: PackDigests;
  readonly emptyBytes: number;
  readonly sizes: readonly HubSize[];
  readonly options: FleetBenchOptions;
}

async function measure({ hub, crowd, digests, emptyBytes, sizes, options }: Scene): Promise<Measure[]> {
  const { onProgress } = options;
  // What joining still has to say comes with the next ping; only then is an agent at rest.
  await sleep(SETTLE_MS);
  onProgress(`watching ${crowd.size} agents at rest for ${IDLE_SECONDS} s`);
  const idle = await crowd.idleBytesPerMinute(IDLE_SECONDS);
  onProgress(`${idle.records.toFixed(0)} B a minute and agent, ${idle.packets.toFixed(0)} B with TCP/IP`);
  onProgress('starting the hub again');
  const restart = await restartSeconds(hub, crowd);
  onProgress(`all connected after ${restart.toFixed(1)} s; a new version of the profile`);
  const acknowledged = await rolloutSeconds(hub, crowd, digests);
  onProgress(
    `acknowledged by 100 after ${acknowledged.first.toFixed(1)} s, by all after ${acknowledged.all.toFixed(1)} s`,
  );
  const etcd = ((await etcdBytes(hub)) - emptyBytes) / crowd.size;
  const memory = Math.max(await hubMemory(hub), ...sizes.map(({ hubBytes }) => hubBytes));
  return [
    { what: 'all connected after the hub was started again', asked: 60, seen: restart, unit: 's' },
    { what: 'a new version acknowledged by 100', asked: 10, seen: acknowledged.first, unit: 's' },
    { what: 'a new version acknowledged by all', asked: 60, seen: acknowledged.all, unit: 's' },
    { what: 'a minute of an idle agent, TLS records', asked: 200, seen: idle.records, unit: 'B' },
    { what: 'a minute of an idle agent, with TCP/IP', asked: 200, seen: idle.packets, unit: 'B' },
    { what: 'in etcd for a cluster', asked: 100, seen: etcd / 1000, unit: 'KB' },
    { what: 'memory of the hub', asked: 300, seen: memory / 1_000_000, unit: 'MB' },
  ];
}

/** From the first moment of the new hub's process, as its readiness is what the Service waits for. */
async function restartSeconds(hub: Cluster, crowd: AgentCrowd): Promise<number> {
  await scaleHub(hub, 0);
  await crowd.untilAll('without a hub', ({ connected }) => !connected);
  const began = performance.now();
  await scaleHub(hub, 1);
  await crowd.untilAll('connected again', ({ connected }) => connected);
  return (performance.now() - began) / 1000;
}

async function rolloutSeconds(
  hub: Cluster,
  crowd: AgentCrowd,
  digests: PackDigests,
): Promise<{ first: number; all: number }> {
  await putProfile(hub, '1.1.0', digests);
  const before = crowd.numbers();
  const isNew = ({ name, number }: { name: string; number: number }) => number > (before.get(name) ?? 0);
  const began = performance.now();
  await hub.api.apply({
    apiVersion: `${Rollout.group}/${Rollout.version}`,
    kind: Rollout.kind,
    metadata: { namespace: PROJECT, name: 'everywhere' },
    spec: { profile: PROFILE, version: '1.1.0', batch: 1000, soakSeconds: 0 },
  });
  await crowd.untilSome('at the new version', Math.min(100, crowd.size), isNew);
  const first = (performance.now() - began) / 1000;
  await crowd.untilAll('at the new version', isNew);
  return { first, all: (performance.now() - began) / 1000 };
}

async function putProfile(hub: Cluster, version: string, digests: PackDigests): Promise<void> {
  const values = `message: ${version}\n`;
  const packs = [{ name: 'podinfo', version: '1.0.0', values }];
  await hub.api.apply(profileObject(PROJECT, { name: PROFILE, version, packs }, digests));
}

/** A cluster whose agent is accepted, with what enrolling would have written. */
async function putCluster(hub: Cluster, { name, key, sealingKey }: MadeAgent): Promise<void> {
  await hub.api.apply({
    apiVersion: `${ClusterKind.group}/${ClusterKind.version}`,
    kind: ClusterKind.kind,
    metadata: { namespace: PROJECT, name },
    spec: { profiles: [{ name: PROFILE, version: '1.0.0' }], agent: { key } },
  });
  const path = `${pathOf(ClusterKind, PROJECT, name)}/status`;
  const status = { phase: 'Enrolling', id: idOf(name), sealingKey };
  const answer = await hub.api.request(path, {
    method: 'PATCH',
    body: { status },
    contentType: 'application/merge-patch+json',
  });
  if (answer.status >= 300)
    throw benchError('BENCH_RUN_FAILED', { subject: path, detail: JSON.stringify(answer.body) });
}

/** UID of the kube-system namespace that an agent says it runs beside. */
function idOf(name: string): string {
  return `id-of-${name}`;
}

async function eachOf<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))));
  }
  return results;
}
