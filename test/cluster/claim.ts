import { clearAway, existingNetworks, nodeNetwork } from './cleanup.ts';
import { clusterError } from './errors.ts';
import { MAX_CLUSTERS } from './network/address.ts';
import { nodeProcess } from './node.ts';
import { exclusively } from './processes/mutex.ts';
import { identify, isAlive } from './processes/process.ts';
import { type ClusterState, listStates, readState, runFolder, writeState } from './state.ts';

export interface ClaimOptions {
  readonly root: string;
  readonly name: string;
  readonly keep: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes a name and an index for a new cluster and records them before anything is made. Clears away what an
 * earlier cluster of the name has left. Throws CLUSTER_RUNNING.
 */
export async function claim({ root, name, keep, signal }: ClaimOptions): Promise<ClusterState> {
  return exclusively(`${root}\nclaim`, { signal }, async () => {
    const earlier = await readState(root, name);
    if (earlier !== undefined && (await isInUse(root, earlier))) {
      throw clusterError('CLUSTER_RUNNING', { subject: name });
    }
    const networks = await existingNetworks(name);
    const state = { name, index: 0, owner: null, networks, cgroup: cgroupName(name), processes: [] };
    await clearAway(root, {
      ...state,
      ...earlier,
      networks: [...new Set([...networks, ...(earlier?.networks ?? [])])],
    });
    const owner = keep ? null : ((await identify(process.pid)) ?? null);
    const claimed = { ...state, index: await freeIndex(root), owner, networks: [nodeNetwork(name)] };
    await writeState(root, claimed);
    return claimed;
  });
}

export function workstationNetwork(cluster: string, workstation: string): string {
  return `skerry.${cluster}.${workstation}`;
}

function cgroupName(cluster: string): string {
  return `/skerry-${cluster}`;
}

async function isInUse(root: string, { name, owner }: ClusterState): Promise<boolean> {
  if (owner !== null) return isAlive(owner);
  return (await nodeProcess(runFolder(root, name))) !== undefined;
}

async function freeIndex(root: string): Promise<number> {
  const taken = new Set((await listStates(root)).map((state) => state.index));
  for (let index = 0; index < MAX_CLUSTERS; index++) if (!taken.has(index)) return index;
  throw clusterError('HOST_UNFIT', {
    subject: root,
    detail: `${MAX_CLUSTERS} clusters are there already`,
    remedy: 'Stop some clusters: node test/cluster/main.ts list, then down NAME.',
  });
}
