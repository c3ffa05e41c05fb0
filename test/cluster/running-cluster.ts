import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { ClusterApi, connectThrough } from './api.ts';
import { issue, loadAuthority } from './certificate.ts';
import { workstationNetwork } from './claim.ts';
import { clearAway } from './cleanup.ts';
import { clusterError } from './errors.ts';
import { writeSecret } from './identity.ts';
import { kubeconfig } from './kubeconfig.ts';
import { type AddressPlan, addressPlan, MAX_WORKSTATIONS, workstationAddress } from './network/address.ts';
import { createWorkstationNetwork, setCable } from './network/network.ts';
import { type ExecOptions, type Execution, execOnNetwork, type Workstation } from './network/workstation.ts';
import { enterNode, nodeProcess, nodeSearchPath } from './node.ts';
import { command } from './processes/command.ts';
import { exclusively } from './processes/mutex.ts';
import { type ClusterState, readState, runFolder, writeState } from './state.ts';

export interface WorkstationOptions {
  /** Lowercase letters, digits and dashes. */
  readonly name: string;
  /** False puts a firewall before it: it reaches the cluster, but nothing reaches it. */
  readonly reachable?: boolean | undefined;
}

export interface Cluster {
  readonly name: string;
  readonly plan: AddressPlan;
  /** The node's address, for its workstations: the API server on 6443, and NodePorts. */
  readonly nodeAddress: string;
  /** The administrator's kubeconfig, good in every workstation and on the node. */
  readonly kubeconfig: string;
  /** Everything that the cluster keeps on disk; log/ has a file for each program. */
  readonly folder: string;
  /** The node's network namespace. */
  readonly network: string;
  /** The first workstation; every cluster has it. */
  readonly workstation: Workstation;
  /** The Kubernetes API, for a test, which runs outside of the island. */
  readonly api: ClusterApi;
  addWorkstation(options: WorkstationOptions): Promise<Workstation>;
  /** Every network namespace of the cluster, the node's first. */
  networks(): Promise<readonly string[]>;
  /** Runs a program in the node's network, with the machine's file system. */
  execOnNode(command: string, args?: readonly string[], options?: ExecOptions): Execution;
  /** Runs a program inside the node, with its mounts and processes (`ctr -n k8s.io images list`); gives its output. */
  execInNode(command: string, args?: readonly string[]): Promise<string>;
  /** A kubeconfig of a user who may do what was granted to the name or its groups, and with no grants nothing. */
  userKubeconfig(user: string, groups?: readonly string[]): Promise<string>;
  /** A connection to an address inside the island, for a test, which runs outside of it. */
  connect(host: string, port: number): Promise<Socket>;
  stop(): Promise<void>;
}

export const FIRST_WORKSTATION = 'workstation';

/** Makes the handle of a cluster that runs. Throws CLUSTER_UNKNOWN when it doesn't. */
export async function openCluster(root: string, { name, index, networks }: ClusterState): Promise<Cluster> {
  const folder = runFolder(root, name);
  const plan = addressPlan(index);
  const network = networks[0] ?? '';
  const api = await openApi(folder);
  return {
    name,
    plan,
    nodeAddress: plan.node,
    kubeconfig: adminKubeconfig(folder),
    folder,
    network,
    workstation: workstation(root, name, index, FIRST_WORKSTATION, 0),
    api,
    addWorkstation: (options) => addWorkstation(root, name, options),
    networks: async () => (await currentState(root, name)).networks,
    execOnNode: (file, args = [], options = {}) => execOnNetwork(network, folder, file, args, options),
    execInNode: (file, args = []) => execInNode(folder, name, file, args),
    userKubeconfig: (user, groups) => userKubeconfig(folder, name, plan, user, groups),
    connect: (host, port) => connectThrough(join(folder, 'door.sock'), host, port),
    stop: async () => {
      api.close();
      await clearAway(root, await currentState(root, name));
    },
  };
}

export function adminKubeconfig(folder: string): string {
  return join(folder, 'kubeconfig/admin.yaml');
}

export async function openApi(folder: string): Promise<ClusterApi> {
  const read = (file: string) => readFile(join(folder, 'pki', file), 'utf8');
  const credentials = { certificate: await read('admin.crt'), key: await read('admin.key') };
  return new ClusterApi(join(folder, 'api.sock'), await read('ca.crt'), credentials);
}

/** Joins one more workstation to a cluster. The namespace is recorded before it is made. */
export async function addWorkstation(
  root: string,
  cluster: string,
  { name, reachable = true }: WorkstationOptions,
): Promise<Workstation> {
  return exclusively(`${root}\n${cluster}`, {}, async () => {
    const state = await currentState(root, cluster);
    const network = workstationNetwork(cluster, name);
    const number = state.networks.length - 1;
    if (
      !/^[a-z][a-z0-9-]{0,30}$/.test(name) ||
      state.networks.includes(network) ||
      number >= MAX_WORKSTATIONS
    ) {
      throw clusterError('CLUSTER_NAME_INVALID', {
        subject: name,
        remedy: 'Give the workstation a name of its own in lowercase letters, digits and dashes.',
      });
    }
    const networks = [...state.networks, network];
    await writeState(root, { ...state, networks });
    const address = workstationAddress(state.index, number);
    const node = networks[0] ?? '';
    const input = { network, node, address, cable: cableName(number), reachable };
    await createWorkstationNetwork(input, addressPlan(state.index));
    return workstation(root, cluster, state.index, name, number);
  });
}

function workstation(
  root: string,
  cluster: string,
  index: number,
  name: string,
  number: number,
): Workstation {
  const network = workstationNetwork(cluster, name);
  const folder = runFolder(root, cluster);
  return {
    name,
    network,
    address: workstationAddress(index, number),
    exec: (file, args = [], options = {}) => execOnNetwork(network, folder, file, args, options),
    setCable: async (plugged) => {
      const node = (await currentState(root, cluster)).networks[0] ?? '';
      await setCable(node, cableName(number), plugged);
    },
  };
}

function cableName(number: number): string {
  return `cable${number}`;
}

async function currentState(root: string, name: string): Promise<ClusterState> {
  const state = await readState(root, name);
  if (state === undefined) throw clusterError('CLUSTER_UNKNOWN', { subject: name });
  return state;
}

async function execInNode(
  folder: string,
  name: string,
  file: string,
  args: readonly string[],
): Promise<string> {
  const first = await nodeProcess(folder);
  if (first === undefined) throw clusterError('CLUSTER_UNKNOWN', { subject: name });
  const [enter, enterArgs] = enterNode(first);
  return command(enter, [...enterArgs, file, ...args], { env: { PATH: nodeSearchPath() }, timeout: 300_000 });
}

async function userKubeconfig(
  folder: string,
  cluster: string,
  plan: AddressPlan,
  user: string,
  groups?: readonly string[],
): Promise<string> {
  const read = (file: string) => readFile(join(folder, 'pki', file), 'utf8');
  const authority = loadAuthority('kubernetes', await read('ca.crt'), await read('ca.key'));
  const credentials = await issue(authority, { user, groups }, new Date());
  const path = join(folder, 'kubeconfig', `user-${user.replace(/[^\w-]/g, '_')}.yaml`);
  const server = `https://${plan.node}:6443`;
  await writeSecret(
    path,
    kubeconfig({ cluster, server, authority: authority.certificate, user, credentials }),
  );
  return path;
}
