import { z } from 'zod';
import { kinds } from '../../platform/api/kinds.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { until } from './until.ts';

const StoredObject = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional(), uid: z.string() }),
  status: z.unknown().optional(),
});
type StoredObject = z.infer<typeof StoredObject>;
const List = z.looseObject({ apiVersion: z.string(), items: z.array(StoredObject) });

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly hasStatus: boolean;
}

const KINDS: readonly Kind[] = [
  ...kinds.map(({ group, version, kind, plural, status }) => ({
    apiVersion: `${group}/${version}`,
    kind,
    plural,
    hasStatus: status !== undefined,
  })),
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', hasStatus: false },
];

/** What a backup of the hub holds: the objects of its own kinds, and Secrets. */
export interface Backup {
  readonly objects: ReadonlyMap<Kind, readonly StoredObject[]>;
}

export async function takeBackup(hub: Cluster): Promise<Backup> {
  const objects = new Map<Kind, readonly StoredObject[]>();
  for (const kind of KINDS) objects.set(kind, await list(hub, kind));
  return { objects };
}

/**
 * Makes the hub's objects what they were, as tools that restore backups do: everything of these kinds is new, with other
 * UIDs and no memory of what came after. The hub does not run meanwhile.
 */
export async function restoreBackup(hub: Cluster, { objects }: Backup): Promise<void> {
  await scaleHub(hub, 0);
  for (const [kind, old] of objects) {
    for (const object of await list(hub, kind)) await hub.api.remove(pathOf(kind, object));
    for (const object of old) await recreate(hub, kind, object);
  }
  await scaleHub(hub, 1);
}

async function list(hub: Cluster, { apiVersion, plural }: Kind): Promise<readonly StoredObject[]> {
  const { items } = List.parse(await hub.api.get(`${base(apiVersion)}/${plural}`));
  return items.filter(({ metadata }) => isOurs(metadata.namespace ?? '', metadata.name));
}

/** Kubernetes' own are no part of it, nor are the records of Helm. */
function isOurs(namespace: string, name: string): boolean {
  return !namespace.startsWith('kube-') && !name.startsWith('sh.helm.');
}

async function recreate(hub: Cluster, kind: Kind, object: StoredObject): Promise<void> {
  const { metadata, status, ...rest } = object;
  const {
    uid: _uid,
    resourceVersion: _version,
    creationTimestamp: _time,
    generation: _generation,
    ...kept
  } = metadata;
  const { managedFields: _fields, ownerReferences: _owners, ...named } = kept;
  const body = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: named, ...rest };
  const path = pathOf(kind, object);
  await must(hub, path.slice(0, path.lastIndexOf('/')), 'POST', body);
  if (!kind.hasStatus || status === undefined) return;
  await must(hub, `${path}/status`, 'PATCH', { status });
}

async function must(hub: Cluster, path: string, method: 'POST' | 'PATCH', body: unknown): Promise<void> {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const answer = await hub.api.request(path, { method, body, contentType });
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

function pathOf({ apiVersion, plural }: Kind, { metadata: { namespace, name } }: StoredObject): string {
  return `${base(apiVersion)}/namespaces/${namespace}/${plural}/${name}`;
}

function base(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

const HUB = '/apis/apps/v1/namespaces/skerry-system/deployments/skerry-hub';
const HubDeployment = z.looseObject({
  status: z.looseObject({ replicas: z.int().optional(), readyReplicas: z.int().optional() }),
});

/** Stops or starts the hub, and waits until it is so. */
export async function scaleHub(hub: Cluster, replicas: number): Promise<void> {
  await must(hub, HUB, 'PATCH', { spec: { replicas } });
  await until(`the hub has ${replicas} pods`, async () => {
    const { status } = HubDeployment.parse(await hub.api.get(HUB));
    return (status.replicas ?? 0) === replicas && (status.readyReplicas ?? 0) === replicas ? true : undefined;
  });
}

/** Everything that lives in these namespaces, by `KIND NAMESPACE/NAME`, with its UID: what was deleted and made again shows. */
export async function uidsOf(
  cluster: Cluster,
  namespaces: readonly string[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const resource of [
    'api/v1/configmaps',
    'api/v1/services',
    'apis/apps/v1/deployments',
    'api/v1/secrets',
  ]) {
    const { items } = List.parse(await cluster.api.get(`/${resource}`));
    for (const { metadata } of items) {
      if (!namespaces.includes(metadata.namespace ?? '')) continue;
      found[`${resource.split('/').at(-1)} ${metadata.namespace}/${metadata.name}`] = metadata.uid;
    }
  }
  return found;
}
