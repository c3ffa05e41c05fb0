import { z } from 'zod';
import type { ClusterStatus } from '../../platform/api/cluster.ts';
import { kinds } from '../../platform/api/kinds.ts';
import { pushSamplePack } from '../../platform/hub/testing/sample-packs.ts';
import { pathOf } from '../fleet/managed.ts';
import { type HubSite, type SiteHub, startHubSite } from '../hub/hub-site.ts';
import { type ReleasedRegistry, startReleasedRegistry } from './released-registry.ts';

export const PROJECT = 'harbour';
const PREFIX = 'skerry/packs';
const DAY_MS = 86_400_000;

/** A hub with a project of two clusters, as their agents reported them. */
export interface ConsoleSite {
  readonly site: HubSite;
  readonly hub: SiteHub;
  /** What the hub reads packs and releases from. */
  readonly registry: ReleasedRegistry;
  /** Administers the platform; reads the audit. */
  readonly owner: string;
  /** May read the project alone. */
  readonly viewer: string;
  /** An object of the project as the API server has it. */
  read(plural: string, name: string): Promise<Stored | undefined>;
  /** Makes an object of the project, with a status where one is given. */
  put(plural: string, name: string, spec: object, more?: More): Promise<void>;
}

interface More {
  readonly status?: object;
  readonly labels?: Readonly<Record<string, string>>;
}

const Stored = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.record(z.string(), z.unknown()),
});
export type Stored = z.infer<typeof Stored>;

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    replicas: { type: 'integer', minimum: 1, maximum: 9, description: 'How many pods.' },
    service: {
      type: 'object',
      properties: { type: { enum: ['ClusterIP', 'NodePort'] }, port: { type: 'integer' } },
    },
  },
};

export async function startConsoleSite(): Promise<ConsoleSite> {
  const site = await startHubSite('console');
  try {
    return await furnish(site);
  } catch (error) {
    await site.stop();
    throw error;
  }
}

async function furnish(site: HubSite): Promise<ConsoleSite> {
  const config = { valuesSchema: SCHEMA, values: { replicas: 1, service: { type: 'ClusterIP', port: 80 } } };
  const presets = [{ name: 'highly-available', description: 'Three pods.', values: { replicas: 3 } }];
  const registry = await startReleasedRegistry(site.client, site.folder);
  const web = await pushSamplePack(registry.store, PREFIX, {
    ...{ name: 'web', version: '2.0.0' },
    config: { ...config, presets },
  });
  const network = { layer: 'network', description: 'Pods reach each other' };
  const cni = await pushSamplePack(registry.store, PREFIX, {
    name: 'cni',
    version: '1.4.0',
    config: network,
  });
  const hub = await site.startHub({ agents: false, registry: registry.address });
  const owner = await site.user('owner', 'skerry-admin');
  await site.client.create(auditorBinding('owner'));
  const viewer = await site.user('viewer');
  const put: ConsoleSite['put'] = async (plural, name, spec, { status, labels } = {}) => {
    const kind = kinds.find((each) => each.plural === plural);
    if (kind === undefined) throw new Error(`no kind ${plural}`);
    const { api } = site.cluster;
    const metadata = { namespace: PROJECT, name, ...(labels === undefined ? {} : { labels }) };
    const head = { apiVersion: `${kind.group}/${kind.version}`, kind: kind.kind };
    const path = pathOf(kind, PROJECT);
    const made = await api.request(path, { method: 'POST', body: { ...head, metadata, spec } });
    if (made.status >= 300) throw new Error(`${plural} ${name}: ${JSON.stringify(made.body)}`);
    if (status === undefined) return;
    const contentType = 'application/merge-patch+json';
    const said = await api.request(`${path}/${name}/status`, {
      method: 'PATCH',
      body: { status },
      contentType,
    });
    if (said.status >= 300) throw new Error(`status of ${name}: ${JSON.stringify(said.body)}`);
  };
  const read: ConsoleSite['read'] = async (plural, name) => {
    const kind = kinds.find((each) => each.plural === plural);
    const found = kind && (await site.cluster.api.get(pathOf(kind, PROJECT, name)));
    return found === undefined ? undefined : Stored.parse(found);
  };
  await makeProject(site);
  const packs = [
    { name: 'cni', version: '1.4.0', digest: cni.digest },
    { name: 'web', version: '2.0.0', digest: web.digest, values: 'replicas: 2\n' },
  ];
  await put('clusterprofiles', 'base-1.0.0', { name: 'base', version: '1.0.0', packs });
  const newer = packs.with(1, { ...packs[1], values: 'replicas: 3\n' } as (typeof packs)[number]);
  await put('clusterprofiles', 'base-1.1.0', { name: 'base', version: '1.1.0', packs: newer });
  const digests = { cni: cni.digest, web: web.digest };
  await put('clusters', 'east', CLUSTER_SPEC, { status: eastStatus(digests), labels: { site: 'north' } });
  await put('clusters', 'west', CLUSTER_SPEC, { status: westStatus(digests), labels: { site: 'south' } });
  await put('clusterrevisions', 'east-1', revision('east', 1), {});
  await put('alerts', 'west-silent', ALERT, { status: alertStatus() });
  await put('gateways', 'lab', GATEWAY);
  const stop = async () => {
    await site.stop();
    await registry.close();
  };
  return { site: { ...site, stop }, hub, registry, owner, viewer, read, put };
}

async function makeProject({ client }: HubSite): Promise<void> {
  await client.create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: PROJECT, labels: { 'skerry.dev/project': 'true' } },
  });
  await client.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'viewer', namespace: PROJECT },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'skerry-viewer' },
    subjects: [{ kind: 'ServiceAccount', name: 'viewer', namespace: 'skerry-system' }],
  });
}

function auditorBinding(account: string) {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `${account}-auditor` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'skerry-auditor' },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'skerry-system' }],
  };
}

const KEY = `SHA256:${'a'.repeat(43)}`;
const CLUSTER_SPEC = {
  profiles: [{ name: 'base', version: '1.0.0' }],
  agent: { key: KEY },
  policy: { drift: { mode: 'observe' } },
};

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

type Digests = Readonly<Record<'cni' | 'web', string>>;

function eastStatus({ cni, web }: Digests): ClusterStatus {
  const mark = { number: 1, digest: cni, at: ago(2 * DAY_MS) };
  return {
    phase: 'Ready',
    observedGeneration: 1,
    id: 'd0a3f7b4-0000-4000-8000-000000000001',
    desired: mark,
    applied: mark,
    completedAfterSeconds: 71,
    agent: {
      seen: ago(20_000),
      version: '0.1.0',
      transport: 'network',
      certificateUntil: ago(-300 * DAY_MS),
    },
    kubernetes: 'v1.34.4',
    nodes: { ready: 3, total: 3 },
    layers: [
      { name: 'cni', version: '1.4.0', digest: cni, state: 'ready', seconds: 12, objects: 14 },
      { name: 'web', version: '2.0.0', digest: web, state: 'ready', seconds: 59, objects: 5 },
    ],
    drift: {
      count: 1,
      top: [
        {
          ...{ layer: 'web', object: 'Deployment.apps web/web', what: 'changed', by: 'kubectl-edit' },
          ...{ fields: ['.spec.replicas'], at: ago(3_600_000), state: 'found' },
        },
      ],
    },
    conditions: [
      condition('Healthy', 'True', 'Well', ''),
      condition('Complete', 'True', 'EnvelopeComplete', 'envelope 1 complete after 71 s: cni 12 s, web 59 s'),
      condition('NodesReady', 'True', 'AllReady', '3 nodes'),
    ],
  };
}

function westStatus({ cni, web }: Digests): ClusterStatus {
  const mark = { number: 1, digest: cni, at: ago(2 * DAY_MS) };
  return {
    ...eastStatus({ cni, web }),
    phase: 'Failed',
    desired: { ...mark, number: 2 },
    applied: mark,
    nodes: { ready: 2, total: 3 },
    layers: [
      { name: 'cni', version: '1.4.0', digest: cni, state: 'ready', seconds: 12, objects: 14 },
      {
        ...{ name: 'web', version: '2.0.0', digest: web, state: 'failed', objects: 5 },
        ...{ code: 'HEALTH_TIMEOUT', message: 'Deployment web/web: 1 of 2 pods are ready' },
      },
    ],
    conditions: [
      condition('Healthy', 'False', 'LayerFailed', 'layer web is failed (HEALTH_TIMEOUT)'),
      condition('NodesReady', 'False', 'NodesLost', `west-3 since ${ago(600_000)} (NodeStatusUnknown)`),
    ],
  };
}

function condition(type: string, status: 'True' | 'False', reason: string, message: string) {
  return { type, status, reason, message, lastTransitionTime: ago(2 * DAY_MS) };
}

function revision(cluster: string, number: number) {
  const digest = `sha256:${'0'.repeat(64)}`;
  return {
    cluster,
    number,
    digest,
    envelope: '{}',
    cause: 'profile base@1.0.0',
    releasedAt: ago(2 * DAY_MS),
  };
}

const ALERT = { cluster: 'west', rule: 'LayerFailed', subject: 'layer web', severity: 'critical' };
const alertStatus = () => ({
  ...{ message: 'layer web is failed (HEALTH_TIMEOUT)', count: 3 },
  ...{ firstSeen: ago(7_200_000), lastSeen: ago(60_000) },
});

const GATEWAY = {
  cluster: 'east',
  pools: [{ name: 'vips', ranges: ['10.20.0.10-10.20.0.40'], prefix: 24 }],
  nodes: { sizes: [{ name: 'small', cpus: 2, memoryMiB: 4096, diskGiB: 40 }] },
};
