import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { objectAt } from '../../../apply/json.ts';
import { AGENT_NAMESPACE } from '../../../platform/desired/agent-names.ts';
import { agentObjects } from '../../../platform/desired/agent-objects.ts';
import type { CloudProvider } from '../../../platform/infra/provider/provider.ts';
import { clusterPrograms } from '../../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { type Cluster, startCluster, type Workstation } from '../../cluster/cluster.ts';
import { command } from '../../cluster/processes/command.ts';
import type { Progress } from '../../cluster/processes/progress.ts';
import { until } from '../../fleet/until.ts';
import { type MachineSite, machineSite } from '../../machines/site.ts';
import { ensureTemplate } from '../../machines/template.ts';
import type { Vcsim } from '../vcsim.ts';
import { Packs } from './packs.ts';
import { startVcenter } from './vcenter.ts';

const PROJECT = join(import.meta.dirname, '../../..');
const SKERRY = join(PROJECT, 'skerry.ts');
/** What the gateway's own agent runs, had it one; nothing has such an image. */
export const AGENT_IMAGE = 'registry.skerry.example/agent:0.1.0';
const INFRA_NAMESPACE = 'skerry-infra';
const ENGINE_NAMESPACE = 'capi-system';
/** What nodes run, and Cluster API; AWS's provider is not for this site. */
const IMAGES = [
  ...[
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'etcd',
    'pause',
    'coredns',
  ],
  ...['cluster-api-core', 'cluster-api-bootstrap', 'cluster-api-control-plane', 'keepalived'],
];

export interface GatewaySite {
  readonly cluster: Cluster;
  readonly machines: MachineSite;
  readonly vcsim: Vcsim;
  /** The cloud as the test itself sees it. */
  readonly cloud: CloudProvider;
  readonly packs: Packs;
  /** Where nodes pull images from. */
  readonly registry: string;
  /** The folder of a pack's chart. */
  chart(pack: string): string;
  /** Takes `skerry infra` away in the midst of what it does; its Deployment brings another one. */
  killInfra(): Promise<void>;
  infraLog(): Promise<string>;
  /** Ends the registry, and begins it again. */
  endRegistry(): Promise<void>;
  beginRegistry(): Promise<void>;
  /** What the registry has said, a JSON object a line. */
  registryLog(): Promise<string>;
  stop(): Promise<void>;
}

export interface SiteOptions {
  readonly name: string;
  readonly onProgress: Progress;
}

/**
 * A site that makes clusters: the gateway's cluster with Cluster API from its pack, `skerry infra` from its pack, a vCenter whose machines boot, and a registry with the images of nodes. No hub, and of the agent only
 * what tells of it.
 */
export async function startGatewaySite({ name, onProgress }: SiteOptions): Promise<GatewaySite> {
  const cache = programCache(process.env);
  const programs = await ensurePrograms([...clusterPrograms, 'helm', 'vcsim'], { cache, onProgress });
  const template = await ensureTemplate({ onProgress });
  const cluster = await startCluster({ name, programs, onProgress });
  const running: Running[] = [];
  try {
    const machines = await machineSite(cluster, { template });
    const archive = await nodeImages(cluster.folder);
    onProgress('images of nodes');
    await command(process.execPath, [join(PROJECT, 'manifests/modules/main.ts')], { timeout: 300_000 });
    const storage = await cluster.addWorkstation({ name: 'registry' });
    const registry = `http://${storage.address}:5000`;
    const serve = ['registry', 'serve', '--bundle', archive, '--listen', `${storage.address}:5000`];
    let serving = run(cluster, storage, 'registry', serve);
    running.push({ stop: async () => await serving.stop() });
    const listens = async () =>
      (await storage.exec('curl', ['--silent', '--fail', `${registry}/v2/`])).exitCode === 0
        ? true
        : undefined;
    await until('the registry answers', listens);
    const beginRegistry = async () => {
      serving = run(cluster, storage, 'registry', serve);
      await until('the registry answers', listens);
    };
    await pullFrom(cluster, registry);
    const vcenter = await startVcenter(cluster, machines);
    running.push(vcenter);
    const { vcsim, cloud } = vcenter;
    onProgress('the vCenter and the registry answer');
    const packs = new Packs(cluster, programs.helm);
    const chart = (pack: string) =>
      join(PROJECT, pack === 'cluster-api' ? 'dist/packs' : 'manifests/packs', pack, 'chart');
    // In the order of the layers of a gateway's envelope: Cluster API waits for certificates that infra makes.
    await leaveAgent(cluster);
    await packs.apply({ chart: chart('infra'), name: 'infra', namespace: INFRA_NAMESPACE, values: {} });
    await untilReady(cluster, INFRA_NAMESPACE, 1);
    onProgress('skerry infra is ready');
    await packs.apply({
      ...{ chart: chart('cluster-api'), name: 'cluster-api', namespace: ENGINE_NAMESPACE },
      values: {},
    });
    await untilReady(cluster, ENGINE_NAMESPACE, 3);
    onProgress('Cluster API is ready');
    return {
      ...{ cluster, machines, vcsim, cloud, packs, registry, chart },
      killInfra: async () => {
        const pods = `/api/v1/namespaces/${INFRA_NAMESPACE}/pods?gracePeriodSeconds=0`;
        await cluster.api.remove(pods);
      },
      infraLog: async () => await readLog(cluster),
      endRegistry: async () => await serving.stop(),
      beginRegistry,
      registryLog: async () => await readFile(join(cluster.folder, 'log', 'registry.log'), 'utf8'),
      stop: async () => {
        await Promise.all(running.map(async (one) => await one.stop()));
        await cluster.stop();
      },
    };
  } catch (error) {
    await Promise.all(running.map(async (one) => await one.stop()));
    await cluster.stop();
    throw error;
  }
}

/** The images in one archive, from the cache of layers where they are there. */
async function nodeImages(folder: string): Promise<string> {
  const layout = join(folder, 'node-images');
  const build = [join(PROJECT, 'manifests/images/main.ts'), '--nodes', '--output', layout, ...IMAGES];
  await command(process.execPath, build, { timeout: 600_000 });
  // The platform's own image, of the code as it is now.
  await command(process.execPath, [join(PROJECT, 'scripts/build.ts'), '--no-executable'], {
    timeout: 300_000,
  });
  const own = [join(PROJECT, 'manifests/images/main.ts'), '--output', layout, 'agent'];
  await command(process.execPath, own, { timeout: 600_000 });
  const archive = join(folder, 'node-images.tar');
  await command('tar', ['--create', `--file=${archive}`, `--directory=${layout}`, '.'], { timeout: 300_000 });
  return archive;
}

/** The gateway's own node pulls Cluster API's images from the registry. */
async function pullFrom({ folder }: Cluster, registry: string): Promise<void> {
  const hosts = join(folder, 'config/certs.d/registry.skerry.example');
  await mkdir(hosts, { recursive: true });
  const text = `server = "${registry}"\n[host."${registry}"]\n  capabilities = ["pull", "resolve"]\n`;
  await writeFile(join(hosts, 'hosts.toml'), text);
}

/** An agent that never runs: agents of clusters that are made get its hub and its image. */
async function leaveAgent({ api }: Cluster): Promise<void> {
  const objects = agentObjects({
    ...{ namespace: AGENT_NAMESPACE, image: AGENT_IMAGE, version: '0.1.0', rules: [] },
    ...{ urls: ['https://hub.skerry.example:8444'], authorities: [], keys: [] },
    cluster: { project: 'harbour', name: 'gateway' },
  });
  for (const object of objects)
    await api.apply(
      object.kind === 'Deployment'
        ? { ...object, spec: { ...objectAt(object, 'spec'), replicas: 0 } }
        : object,
    );
}

interface Running {
  stop(): Promise<void>;
}

function run({ folder }: Cluster, where: Workstation, name: string, args: readonly string[]): Running {
  const stop = new AbortController();
  const running = where.exec(process.execPath, [SKERRY, ...args], { signal: stop.signal });
  running.all.pipe(createWriteStream(join(folder, 'log', `${name}.log`), { flags: 'a' }));
  return {
    stop: async () => {
      stop.abort();
      await running.catch(() => undefined);
    },
  };
}

const Deployments = z.looseObject({
  items: z.array(z.looseObject({ status: z.looseObject({ readyReplicas: z.int().optional() }).optional() })),
});

/** Cluster API's pods wait for the certificates that `skerry infra` makes. */
async function untilReady({ api }: Cluster, namespace: string, count: number): Promise<void> {
  const look = async () =>
    Deployments.parse(await api.get(`/apis/apps/v1/namespaces/${namespace}/deployments`)).items;
  const holds = (items: z.infer<typeof Deployments>['items']) =>
    items.length === count && items.every(({ status }) => status?.readyReplicas === 1);
  await until(`the controllers of ${namespace} are ready`, look, { holds, limitMs: 300_000 });
}

const Pods = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});

async function readLog({ api }: Cluster): Promise<string> {
  const pods = `/api/v1/namespaces/${INFRA_NAMESPACE}/pods`;
  const { items } = Pods.parse(await api.get(pods));
  const texts = items.map(async ({ metadata }) => await api.get(`${pods}/${metadata.name}/log`));
  return (await Promise.all(texts)).join('\n');
}
