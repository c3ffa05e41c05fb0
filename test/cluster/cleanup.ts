import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterError } from './errors.ts';
import { deleteNetwork, networkPath } from './network/network.ts';
import { nodeProcess } from './node.ts';
import { end, type ProcessIdentity, processesInNetwork } from './processes/process.ts';
import { type ClusterState, runFolder } from './state.ts';

const PATIENCE_MILLISECONDS = 10_000;

/**
 * Clears away all that a cluster has left on the machine, whether it ran well or its starter crashed in the
 * middle. Ends the processes that were recorded, and those that live in the cluster's own network namespaces.
 */
export async function clearAway(root: string, state: ClusterState): Promise<void> {
  const folder = runFolder(root, state.name);
  const left = await end(await ownProcesses(folder, state), PATIENCE_MILLISECONDS);
  if (left.length > 0) {
    const detail = `still running: ${left.map(({ pid }) => pid).join(', ')}`;
    throw clusterError('COMMAND_FAILED', { subject: `stop of cluster ${state.name}`, detail });
  }
  for (const network of await allNetworks(state)) await deleteNetwork(network);
  await removeCgroups(state.cgroup);
  await rm(folder, { recursive: true, force: true });
}

async function ownProcesses(folder: string, state: ClusterState): Promise<ProcessIdentity[]> {
  const first = await nodeProcess(folder);
  const networks = await allNetworks(state);
  const inside = await Promise.all(networks.map((network) => processesInNetwork(networkPath(network))));
  return [...(first === undefined ? [] : [first]), ...state.processes, ...inside.flat()];
}

/** Those that were recorded, and those of machines beside the cluster, which are named after it. */
async function allNetworks({ name, networks }: ClusterState): Promise<string[]> {
  return [...new Set([...networks, ...(await existingNetworks(name))])];
}

/** The network namespaces of a cluster that are there, whoever recorded them. */
export async function existingNetworks(cluster: string): Promise<string[]> {
  const all = await readdir('/run/netns').catch(() => []);
  return all.filter((one) => one === nodeNetwork(cluster) || one.startsWith(`${nodeNetwork(cluster)}.`));
}

export function nodeNetwork(cluster: string): string {
  return `skerry.${cluster}`;
}

/** Removes a cgroup with all below it, in every hierarchy. */
export async function removeCgroups(cgroup: string): Promise<void> {
  for (const hierarchy of [...(await cgroupHierarchies(1)), ...(await cgroupHierarchies(2))]) {
    await removeCgroup(join(hierarchy, cgroup));
  }
}

/** Where cgroup hierarchies are mounted in one version. A machine may have both. */
export async function cgroupHierarchies(version: 1 | 2): Promise<string[]> {
  const type = version === 1 ? 'cgroup' : 'cgroup2';
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  return mounts.filter((mount) => mount[2] === type).map((mount) => mount[1] ?? '');
}

/** Their last processes may take a moment to be gone. */
async function removeCgroup(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return;
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  for (let patience = 100; ; patience--) {
    try {
      return await rmdir(path);
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EBUSY';
      if (!busy || patience === 0) throw error;
      await sleep(20);
    }
  }
}
