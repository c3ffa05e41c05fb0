import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterError } from '../cluster/errors.ts';
import { networkPath } from '../cluster/network/network.ts';
import { enterNode, nodeProcess, nodeSearchPath } from '../cluster/node.ts';
import { spawnRecorded } from '../cluster/processes/daemon.ts';
import { end, identify, type ProcessIdentity, processesInNetwork } from '../cluster/processes/process.ts';
import type { Cluster } from '../cluster/running-cluster.ts';
import { DEFAULT_ROOT, readState, writeState } from '../cluster/state.ts';

/** How long a program of the node stays away. */
const AWAY_MS = 5000;
/** What runs for so long has started. */
const STEADY_MS = 3000;
const TRIES = 10;

/** Ends a program of the node as a crash does, and starts it again as its supervisor would. */
export async function restartProgram(cluster: Cluster, program: string): Promise<void> {
  const line = await killProgram(cluster, program);
  await sleep(AWAY_MS);
  await startProgram(cluster, program, line);
}

/**
 * Cuts the power of the node as far as pods see it: the runtime, the kubelet, and every process of every pod, at once. The
 * control plane is on the same machine here, and stays.
 */
export async function restartNode(cluster: Cluster): Promise<void> {
  const kubelet = await killProgram(cluster, 'kubelet');
  const containerd = await killProgram(cluster, 'containerd');
  await end([...(await shims(cluster)), ...(await podProcesses(cluster))]);
  await sleep(AWAY_MS);
  await startProgram(cluster, 'containerd', containerd);
  await startSupervised(cluster, 'kubelet', kubelet);
}

/** As a supervisor does: the kubelet ends where its runtime does not answer yet, and is started again. */
async function startSupervised(cluster: Cluster, program: string, line: readonly string[]): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const started = await startProgram(cluster, program, line);
    await sleep(STEADY_MS);
    const found = await identify(started.pid);
    if (found?.started === started.started) return;
  }
  throw clusterError('COMMAND_FAILED', { subject: program, detail: `it ended ${TRIES} times` });
}

async function killProgram(cluster: Cluster, program: string): Promise<readonly string[]> {
  const found = await processesInNetwork(networkPath(cluster.network));
  for (const identity of found) {
    const line = await commandLine(identity.pid);
    if (line[0]?.split('/').at(-1) !== program) continue;
    await end([identity]);
    return line;
  }
  throw clusterError('COMMAND_FAILED', { subject: program, detail: 'it does not run on the node' });
}

async function startProgram(
  cluster: Cluster,
  program: string,
  line: readonly string[],
): Promise<ProcessIdentity> {
  const node = await nodeProcess(cluster.folder);
  if (node === undefined) throw clusterError('CLUSTER_UNKNOWN', { subject: cluster.name });
  const [enter, args] = enterNode(node);
  const log = `${cluster.folder}/log/${program}.log`;
  const daemon = await spawnRecorded(enter, [...args, ...line], { log, path: nodeSearchPath() });
  // So that stopping the cluster ends this one too.
  const state = await readState(DEFAULT_ROOT, cluster.name);
  if (state === undefined) return daemon;
  const entry = { pid: daemon.pid, started: daemon.started, name: program };
  await writeState(DEFAULT_ROOT, { ...state, processes: [...state.processes, entry] });
  return daemon;
}

async function podProcesses(cluster: Cluster): Promise<ProcessIdentity[]> {
  const state = await readState(DEFAULT_ROOT, cluster.name);
  return await processesWhere(async (pid) => {
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    return state !== undefined && groups.includes(`${state.cgroup}/`);
  });
}

/** Of this cluster's node alone: they share the process ids of its first process. */
async function shims(cluster: Cluster): Promise<ProcessIdentity[]> {
  const node = await nodeProcess(cluster.folder);
  if (node === undefined) throw clusterError('CLUSTER_UNKNOWN', { subject: cluster.name });
  const world = await readlink(`/proc/${node.pid}/ns/pid`);
  return await processesWhere(async (pid) => {
    const own = await readlink(`/proc/${pid}/ns/pid`).catch(() => '');
    return own === world && /containerd-shim/.test((await commandLine(pid))[0] ?? '');
  });
}

async function processesWhere(fits: (pid: number) => Promise<boolean>): Promise<ProcessIdentity[]> {
  const found: ProcessIdentity[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || !(await fits(Number(name)))) continue;
    const identity = await identify(Number(name));
    if (identity !== undefined) found.push(identity);
  }
  return found;
}

async function commandLine(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').slice(0, -1);
}
