import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ClusterApi } from './api.ts';
import type { ClusterProgram } from './builds/program.ts';
import { nodeNetwork } from './cleanup.ts';
import {
  commandLines,
  configurationFiles,
  type DaemonName,
  nodeProgram,
  PAUSE_IMAGE,
} from './configuration.ts';
import { clusterError } from './errors.ts';
import { findExecutable } from './host.ts';
import { writeIdentities } from './identity.ts';
import { type AddressPlan, addressPlan } from './network/address.ts';
import { createNodeNetwork, enterNetwork } from './network/network.ts';
import { enterNode, NODE_HOME, nodeSearchPath, startNode } from './node.ts';
import { writePauseImage } from './pause-image.ts';
import { createCgroup } from './processes/cgroup.ts';
import { command } from './processes/command.ts';
import { spawnRecorded } from './processes/daemon.ts';
import type { ProcessIdentity } from './processes/process.ts';
import type { ProxyMode } from './proxy-mode.ts';
import { apiAnswers, dnsAnswers, nodeIsReady, type RunningDaemon, waitUntil } from './readiness.ts';
import { addWorkstation, FIRST_WORKSTATION, openApi } from './running-cluster.ts';
import { type ClusterState, readState, runFolder, writeState } from './state.ts';
import { storageClass } from './storage/storage.ts';
import { dnsObjects } from './system-objects.ts';

export interface BringUpOptions {
  readonly root: string;
  readonly state: ClusterState;
  readonly programs: Readonly<Record<ClusterProgram, string>>;
  readonly proxyMode: ProxyMode;
  readonly apiServer: readonly string[];
  readonly authentication: string | undefined;
  readonly storage: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The steps from a claimed name to a running cluster. */
export class BringUp {
  readonly #options: BringUpOptions;
  readonly #plan: AddressPlan;
  readonly #folder: string;
  readonly #name: string;
  readonly #daemons: RunningDaemon[] = [];
  #node: ProcessIdentity | undefined;

  constructor(options: BringUpOptions) {
    this.#options = options;
    this.#name = options.state.name;
    this.#plan = addressPlan(options.state.index);
    this.#folder = runFolder(options.root, this.#name);
  }

  /** Folders, configuration, certificates, kubeconfigs and the pause image. */
  async writeFiles(): Promise<void> {
    const runc = await findExecutable('runc');
    if (runc === undefined) throw clusterError('HOST_PACKAGES_MISSING', { subject: 'runc' });
    for (const folder of FOLDERS) await mkdir(join(this.#folder, folder), { recursive: true });
    await symlink('/run', join(this.#folder, 'var/run'));
    const { state, proxyMode, authentication } = this.#options;
    const files = {
      ...configurationFiles({ plan: this.#plan, cgroup: state.cgroup, runc, proxyMode }),
      ...(authentication === undefined ? {} : { [AUTHENTICATION_FILE]: authentication }),
    };
    for (const [path, text] of Object.entries(files)) {
      const target = join(this.#folder, 'config', path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    await writeIdentities(this.#folder, this.#name, this.#plan, new Date());
    const work = join(this.#folder, 'pause-image');
    const { pause } = this.#options.programs;
    await writePauseImage(join(this.#folder, 'config/pause.tar'), PAUSE_IMAGE, pause, work);
  }

  async makeNetworks(): Promise<void> {
    await createCgroup(this.#options.state.cgroup);
    await createNodeNetwork(nodeNetwork(this.#name), this.#plan);
    await addWorkstation(this.#options.root, this.#name, { name: FIRST_WORKSTATION });
  }

  async startNode(): Promise<void> {
    const paths = Object.values(this.#options.programs);
    this.#node = await startNode(this.#folder, nodeNetwork(this.#name), paths);
  }

  /** Starts programs of the node, each with its log. */
  async start(names: readonly DaemonName[]): Promise<void> {
    if (this.#node === undefined) return;
    const { apiServer, authentication } = this.#options;
    const file = `--authentication-config=${NODE_HOME}/config/${AUTHENTICATION_FILE}`;
    const lines = commandLines(
      this.#name,
      this.#plan,
      authentication === undefined ? apiServer : [...apiServer, file],
    );
    const [enter, args] = enterNode(this.#node);
    for (const name of names) await this.#spawn(name, enter, [...args, nodeProgram(name), ...lines[name]]);
  }

  /** Starts what stands between the test and the island: the door, and the provisioner of volumes. */
  async startHelpers(): Promise<ClusterApi> {
    const path = (file: string) => join(this.#folder, file);
    await this.#script('network/door.ts', [path('api.sock'), '127.0.0.1', '6443', path('door.sock')]);
    if (this.#options.storage) {
      await this.#script('storage/provisioner.ts', [path('api.sock'), path('pki'), path('var/volumes')]);
    }
    return openApi(this.#folder);
  }

  async importPauseImage(): Promise<void> {
    await this.#wait('containerd', async () => {
      const image = `${NODE_HOME}/config/pause.tar`;
      await this.#inNode(['ctr', '--namespace', 'k8s.io', 'images', 'import', '--local', image]);
      return true;
    });
  }

  async applySystemObjects(api: ClusterApi): Promise<void> {
    const objects = [...dnsObjects(this.#plan), ...(this.#options.storage ? [storageClass] : [])];
    // The namespace is made by the API server itself a moment after it is ready.
    await this.#wait(
      'kube-system',
      async () => (await api.get('/api/v1/namespaces/kube-system')) !== undefined,
    );
    for (const object of objects) await api.apply(object);
  }

  async waitForApi(api: ClusterApi): Promise<void> {
    await this.#wait('the API server', () => apiAnswers(api));
  }

  async waitForNode(api: ClusterApi): Promise<void> {
    await this.#wait('the node', () => nodeIsReady(api, this.#name));
    await this.#wait('cluster DNS', () => dnsAnswers(nodeNetwork(this.#name), this.#plan.dns));
  }

  #wait(what: string, holds: () => Promise<boolean>): Promise<void> {
    return waitUntil(what, holds, this.#daemons, this.#options.signal);
  }

  async #inNode(args: readonly string[]): Promise<void> {
    if (this.#node === undefined) return;
    const [enter, enterArgs] = enterNode(this.#node);
    await command(enter, [...enterArgs, ...args], { env: { PATH: nodeSearchPath() } });
  }

  async #script(file: string, args: readonly string[]): Promise<void> {
    const [enter, enterArgs] = enterNetwork(nodeNetwork(this.#name));
    const script = join(import.meta.dirname, file);
    await this.#spawn(basename(file), enter, [...enterArgs, process.execPath, script, ...args]);
  }

  async #spawn(name: string, file: string, args: readonly string[]): Promise<void> {
    const log = join(this.#folder, 'log', `${name}.log`);
    const daemon = await spawnRecorded(file, args, { log, path: nodeSearchPath() });
    this.#daemons.push({ ...daemon, name, log });
    await this.#record();
  }

  async #record(): Promise<void> {
    const { root, state } = this.#options;
    const processes = this.#daemons.map(({ pid, started, name }) => ({ pid, started, name }));
    const current = (await readState(root, this.#name)) ?? state;
    await writeState(root, { ...current, processes });
  }
}

const AUTHENTICATION_FILE = 'authentication.yaml';

/** What the node has in /var, and what the cluster keeps beside it. */
const FOLDERS = [
  'log',
  'config/certs.d',
  'var/tmp',
  'var/log/pods',
  'var/log/containers',
  'var/lib/kubelet',
  'var/lib/etcd',
  'var/lib/containerd',
  'var/lib/cni',
  'var/volumes',
];
