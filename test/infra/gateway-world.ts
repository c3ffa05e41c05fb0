import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../apply/clock.ts';
import { objectAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { AgentLog } from '../../platform/agent/log.ts';
import { definitionOf } from '../../platform/api/custom-resource.ts';
import { infraKinds } from '../../platform/infra/api/kinds.ts';
import { runControllers } from '../../platform/infra/controllers/run-controllers.ts';
import type { VsphereBench } from './vsphere-bench.ts';
import { TEMPLATE } from './vsphere-bench.ts';

const NAMESPACE = 'clusters-team';
const INFRA = 'infrastructure.skerry.dev/v1alpha1';
const CAPI = 'cluster.x-k8s.io/v1beta2';
const LIMIT_MS = 60_000;

/** An account of a cloud, and what lets in. */
type Login = Pick<VsphereBench, 'account' | 'credentials'>;

/** An API server with the kinds of a gateway, an account of the bench's cloud, and these controllers at work. */
export class GatewayWorld {
  readonly server: ScriptedApiServer;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  log = '';
  /** How much later it is here than it is, in milliseconds. */
  aheadMs = 0;

  private constructor(server: ScriptedApiServer) {
    this.server = server;
  }

  /** Without a bench there is no cloud that answers. */
  static async start(bench?: Login): Promise<GatewayWorld> {
    const server = await ScriptedApiServer.start();
    const world = new GatewayWorld(server);
    server.put(...infraKinds.map((kind): KubeObject => definitionOf(kind)), ...CAPI_KINDS.map(definition));
    server.put({
      ...object(INFRA, 'SkerryAddressPool', 'nodes', {
        spec: { ranges: ['10.20.0.10-10.20.9.250'], prefix: 16, gateway: '10.20.0.1' },
      }),
      metadata: { name: 'nodes', namespace: 'skerry-infra' },
    });
    world.#putAccount(bench ?? ELSEWHERE);
    return world;
  }

  #putAccount({ account, credentials }: Login): void {
    const data = Object.fromEntries(
      Object.entries(credentials).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    );
    this.server.put(
      object('v1', 'Secret', account.credentials.name, { data }),
      object(INFRA, 'SkerryAccount', 'lab', { spec: account }),
    );
  }

  work(): void {
    const write = (text: string) => {
      this.log += text;
      return true;
    };
    this.#running = runControllers({
      client: this.server.client(systemClock),
      namespace: 'skerry-infra',
      maxConcurrent: 10,
      clock: systemClock,
      now: () => new Date(Date.now() + this.aheadMs),
      log: new AgentLog({ write }, 'info', () => new Date()),
      signal: this.#stop.signal,
    });
  }

  /** As Cluster API makes them: the Cluster of a cluster, and ours; `infrastructure` is another provider's kind. */
  putCluster(name: string, infrastructure = 'SkerryCluster'): void {
    const spec = {
      origin: { project: 'team', name, id: `id-${name}` },
      account: { namespace: NAMESPACE, name: 'lab' },
      endpointPool: 'nodes',
    };
    const infrastructureRef = { apiGroup: 'infrastructure.skerry.dev', kind: infrastructure, name };
    this.server.put(
      object(INFRA, 'SkerryCluster', name, { spec }),
      object(CAPI, 'Cluster', name, {
        spec: { infrastructureRef },
        status: { initialization: { infrastructureProvisioned: true } },
      }),
    );
  }

  putMachine(cluster: string, name: string, shape: object = SHAPE): void {
    const labels = { 'cluster.x-k8s.io/cluster-name': cluster, 'cluster.x-k8s.io/control-plane': '' };
    const owner = { apiVersion: CAPI, kind: 'Machine', name, uid: `uid-${name}` };
    const infrastructureRef = { apiGroup: 'infrastructure.skerry.dev', kind: 'SkerryMachine', name };
    const userData = Buffer.from('#cloud-config\n').toString('base64');
    this.server.put(
      object('v1', 'Secret', `${name}-boot`, { data: { value: userData } }),
      object(
        CAPI,
        'Machine',
        name,
        {
          spec: { clusterName: cluster, infrastructureRef, bootstrap: { dataSecretName: `${name}-boot` } },
        },
        { labels },
      ),
      object(
        INFRA,
        'SkerryMachine',
        name,
        { spec: shape },
        { labels, ownerReferences: [owner], uid: crypto.randomUUID() },
      ),
    );
  }

  find(kind: string, name: string): KubeObject | undefined {
    const namespace = kind === 'SkerryAddressPool' ? 'skerry-infra' : NAMESPACE;
    return this.server.objects.find(`${kind}.infrastructure.skerry.dev ${namespace}/${name}`);
  }

  condition(kind: string, name: string, type = 'Ready'): { status: string; reason: string } | undefined {
    const all = objectAt(this.find(kind, name), 'status')?.conditions;
    const list: unknown[] = Array.isArray(all) ? all : [];
    return list.find((one): one is { type: string; status: string; reason: string } => {
      return typeof one === 'object' && one !== null && 'type' in one && one.type === type;
    });
  }

  /** A Secret of the project's namespace. */
  secret(name: string): KubeObject {
    const found = this.server.objects.find(`Secret ${NAMESPACE}/${name}`);
    if (found === undefined) throw new Error(`no Secret ${name}`);
    return found;
  }

  annotate(kind: string, name: string, annotations: Readonly<Record<string, string>>): void {
    const found = this.find(kind, name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    this.server.objects.replace({ ...found, metadata: { ...found.metadata, annotations } });
  }

  /** As if it had been changed: controllers look at it again. */
  touch(kind: string, name: string): void {
    const found = this.find(kind, name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    const { generation } = found.metadata;
    const metadata = { ...found.metadata, generation: Number(generation ?? 1) + 1 };
    this.server.objects.replace({ ...found, metadata });
  }

  /** As a move of the gateway does it. */
  pause(cluster: string, paused: boolean): void {
    const found = this.capiCluster(cluster);
    if (found === undefined) throw new Error(`no Cluster ${cluster}`);
    this.server.objects.replace({ ...found, spec: { ...objectAt(found, 'spec'), paused } });
  }

  /** As Cluster API says it once the API server of a cluster answers, of any provider. */
  initialized(cluster: string): void {
    const found = this.capiCluster(cluster);
    if (found === undefined) throw new Error(`no Cluster ${cluster}`);
    const initialization = { infrastructureProvisioned: true, controlPlaneInitialized: true };
    this.server.objects.replace({ ...found, status: { initialization } });
  }

  /** As Cluster API leaves it, of an administrator. */
  putKubeconfig(cluster: string, server: string): void {
    const kubeconfig = {
      'current-context': 'admin',
      contexts: [{ name: 'admin', context: { cluster, user: 'admin' } }],
      clusters: [{ name: cluster, cluster: { server } }],
      users: [{ name: 'admin', user: { token: 'sesame' } }],
    };
    const data = { value: Buffer.from(JSON.stringify(kubeconfig)).toString('base64') };
    this.server.put(object('v1', 'Secret', `${cluster}-kubeconfig`, { data }));
  }

  capiCluster(name: string): KubeObject | undefined {
    return this.server.objects.find(`Cluster.cluster.x-k8s.io ${NAMESPACE}/${name}`);
  }

  /** As the API server does for an object with finalizers. */
  delete(kind: string, name: string): void {
    const found = kind === 'Cluster' ? this.capiCluster(name) : this.find(kind, name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    const metadata = { ...found.metadata, deletionTimestamp: new Date().toISOString() };
    this.server.objects.replace({ ...found, metadata });
  }

  /** Waits until something holds. */
  async until(what: string, holds: () => boolean | Promise<boolean>, limitMs = LIMIT_MS): Promise<void> {
    const deadline = Date.now() + limitMs;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}\n${this.log}`);
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running?.catch(() => undefined);
    await this.server.close();
  }
}

/** Cluster API makes the machines of such an account. */
const ELSEWHERE: Login = {
  account: {
    origin: { project: 'team', name: 'lab' },
    type: 'aws',
    endpoint: 'https://127.0.0.1:1',
    credentials: { name: 'lab' },
    settings: { region: 'eu-west-1' },
    requestsPerSecond: 10,
  },
  credentials: { accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 'x'.repeat(40) },
};

const SHAPE = { template: TEMPLATE, cpus: 2, memoryMiB: 2048, addressPool: 'nodes' };

const CAPI_KINDS = [
  ['cluster.x-k8s.io', 'Cluster', 'clusters'],
  ['cluster.x-k8s.io', 'Machine', 'machines'],
  ['cluster.x-k8s.io', 'MachineDeployment', 'machinedeployments'],
  ['cluster.x-k8s.io', 'MachinePool', 'machinepools'],
  ['cluster.x-k8s.io', 'MachineHealthCheck', 'machinehealthchecks'],
  ['controlplane.cluster.x-k8s.io', 'KubeadmControlPlane', 'kubeadmcontrolplanes'],
  ['ipam.cluster.x-k8s.io', 'IPAddress', 'ipaddresses'],
] as const;

function definition([group, kind, plural]: (typeof CAPI_KINDS)[number]): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [{ name: 'v1beta2', served: true, storage: true }],
    },
  };
}

function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: object,
  metadata: object = {},
): KubeObject {
  const creationTimestamp = new Date().toISOString();
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: NAMESPACE, generation: 1, creationTimestamp, ...metadata },
    ...rest,
  };
}
