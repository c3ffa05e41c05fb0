import { BringUp } from './bring-up.ts';
import type { ClusterProgram } from './builds/program.ts';
import { claim } from './claim.ts';
import { clearAway } from './cleanup.ts';
import { clusterError } from './errors.ts';
import { raiseInotifyLimit } from './processes/inotify.ts';
import { type Progress, seconds } from './processes/progress.ts';
import type { ProxyMode } from './proxy-mode.ts';
import { type Cluster, openCluster } from './running-cluster.ts';
import { DEFAULT_ROOT, readState } from './state.ts';

export type { Workstation } from './network/workstation.ts';
export type { Cluster, WorkstationOptions } from './running-cluster.ts';

export interface StartOptions {
  /** 1 to 20 lowercase letters, digits and dashes; the node has the same name. */
  readonly name: string;
  /** From `ensurePrograms(clusterPrograms, …)`. */
  readonly programs: Readonly<Record<ClusterProgram, string>>;
  /** How kube-proxy carries Services; `hostGroups` says what the machine needs for it. iptables otherwise. */
  readonly proxyMode?: ProxyMode | undefined;
  /** Feature gates and API groups that are off by default, as the API server's own options say them. */
  readonly apiServer?: readonly string[] | undefined;
  /** An AuthenticationConfiguration for the API server (YAML): whom it knows besides its own. */
  readonly authentication?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
  /** False starts a cluster without any StorageClass. */
  readonly storage?: boolean | undefined;
  /** True lets the cluster outlive this process, until it is stopped by name. */
  readonly keep?: boolean | undefined;
  /** Where clusters keep their files while they run. */
  readonly root?: string | undefined;
}

/**
 * Starts a Kubernetes cluster of one node that has no way out, and comes back when pods can run in it. Clears away
 * what an earlier cluster of the same name has left. Throws CLUSTER_NAME_INVALID, CLUSTER_RUNNING or
 * CLUSTER_START_FAILED (with the end of the log in question); after a failure or an abort nothing is left of it.
 */
export async function startCluster(options: StartOptions): Promise<Cluster> {
  const { name, programs, signal, root = DEFAULT_ROOT, keep = false, storage = true } = options;
  const { proxyMode = 'iptables', apiServer = [], authentication, onProgress = () => undefined } = options;
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) throw clusterError('CLUSTER_NAME_INVALID', { subject: name });
  const began = Date.now();
  await raiseInotifyLimit();
  const state = await claim({ root, name, keep, signal });
  try {
    const cluster = new BringUp({
      ...{ root, state, programs, proxyMode, apiServer, authentication, storage, signal },
    });
    onProgress('making networks and certificates');
    await Promise.all([cluster.writeFiles(), cluster.makeNetworks()]);
    await cluster.startNode();
    onProgress('starting the control plane');
    await cluster.start(['etcd', 'kube-apiserver', 'containerd']);
    const api = await cluster.startHelpers();
    await cluster.importPauseImage();
    await cluster.waitForApi(api);
    onProgress('starting the node');
    await cluster.start(['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'coredns']);
    await cluster.applySystemObjects(api);
    await cluster.waitForNode(api);
    api.close();
    onProgress(`cluster ${name} is ready after ${seconds(Date.now() - began)}`);
    return await findCluster(name, root);
  } catch (error) {
    await clearAway(root, (await readState(root, name)) ?? state);
    throw error;
  }
}

/** A running cluster, found by its name. Throws CLUSTER_UNKNOWN. */
export async function findCluster(name: string, root = DEFAULT_ROOT): Promise<Cluster> {
  const state = await readState(root, name);
  if (state === undefined) throw clusterError('CLUSTER_UNKNOWN', { subject: name });
  return openCluster(root, state);
}

/** Stops a cluster by its name, whoever started it, and clears away what a crash has left. Throws CLUSTER_UNKNOWN. */
export async function stopCluster(name: string, root = DEFAULT_ROOT): Promise<void> {
  const state = await readState(root, name);
  if (state === undefined) throw clusterError('CLUSTER_UNKNOWN', { subject: name });
  await clearAway(root, state);
}
