import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.ts';

/** Lists of everything that an installation could make, change or leave behind. */
const LISTS = [
  '/api/v1/namespaces',
  '/api/v1/configmaps',
  '/api/v1/secrets',
  '/api/v1/services',
  '/api/v1/serviceaccounts',
  '/api/v1/persistentvolumeclaims',
  '/api/v1/pods',
  '/apis/apps/v1/deployments',
  '/apis/batch/v1/jobs',
  '/apis/discovery.k8s.io/v1/endpointslices',
  '/apis/coordination.k8s.io/v1/leases',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/rbac.authorization.k8s.io/v1/roles',
  '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
] as const;

/** Not served by every cluster. */
const OPTIONAL_LISTS = ['v1', 'v1beta1'].flatMap((version) =>
  ['mutating', 'validating'].flatMap((kind) =>
    ['policies', 'policybindings'].map(
      (resource) => `/apis/admissionregistration.k8s.io/${version}/${kind}admission${resource}`,
    ),
  ),
);

const ObjectSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    resourceVersion: z.string(),
  }),
});
const ListSchema = z.looseObject({ kind: z.string(), items: z.array(ObjectSchema) });
export type Found = z.infer<typeof ObjectSchema>;

/** Every object by `LIST NAMESPACE/NAME`. */
export async function readContents(cluster: Cluster): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (const path of [...LISTS, ...OPTIONAL_LISTS]) {
    const list = await cluster.api.get(path);
    if (list === undefined && OPTIONAL_LISTS.includes(path)) continue;
    const { items } = ListSchema.parse(list);
    for (const item of items)
      found.set(`${path.split('/').at(-1)} ${item.metadata.namespace ?? ''}/${item.metadata.name}`, item);
  }
  return found;
}

/** Name and resourceVersion of every object that nobody touches by himself: equal before and after means unchanged. */
export async function fingerprint(cluster: Cluster): Promise<Record<string, string>> {
  const contents = [...(await readContents(cluster))].filter(
    ([name]) => !isRestless(name) && !name.startsWith(HUBS_LEASE) && !isAudit(name),
  );
  return Object.fromEntries(contents.map(([name, { metadata }]) => [name, metadata.resourceVersion]).sort());
}

/** Waits until controllers have done all that they do by themselves after a start, or after something was made. */
export async function untilQuiet(cluster: Cluster): Promise<void> {
  let last = '';
  for (let same = 0, tries = 0; same < 4 && tries < 60; tries++) {
    const now = JSON.stringify(await fingerprint(cluster));
    same = now === last ? same + 1 : 0;
    last = now;
    await sleep(500);
  }
}

/** The names alone, of what stays: what an installation leaves behind shows here. */
export async function names(cluster: Cluster): Promise<string[]> {
  return [...(await readContents(cluster)).keys()].filter((name) => !isRestless(name)).sort();
}

/** Which hub of several leads; it writes that all the time. */
const HUBS_LEASE = 'leases skerry-system/skerry-hub-controller';

/** What the hub writes down of what it does, when it comes to it. */
function isAudit(name: string): boolean {
  return name.startsWith('configmaps skerry-system/skerry-audit-');
}

// Kubernetes' own leader elections and node heartbeats write leases all the time.
function isRestless(name: string): boolean {
  return /^leases kube-/.test(name);
}

/**
 * What an installation ends in, without what differs between two that went the same way: times, ids, addresses, the
 * random part of pods' names, passwords and certificates.
 */
export async function endState(cluster: Cluster): Promise<Record<string, unknown>> {
  const contents = await readContents(cluster);
  const ours = [...contents].filter(
    ([name]) => / (skerry-[a-z]+)?\/.*/.test(name) && name.includes('skerry'),
  );
  const entries = ours
    .filter(([name]) => !name.includes('sh.helm.release') && !name.startsWith('leases') && !isAudit(name))
    .map(([name, object]): [string, unknown] => [stableName(name), stable(object)]);
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}

function stableName(name: string): string {
  return name.replace(/-[0-9a-f]{8,10}-[a-z0-9]{5}$/, '').replace(/^(endpointslices .*)-[a-z0-9]{5}$/, '$1');
}

const PASSING = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'managedFields',
  // Of its own for each installation.
  'skerry.dev/installation',
  'generation',
  'status',
  'selfLink',
  'volumeName',
  'clusterIP',
  'clusterIPs',
  'nodeName',
  'ownerReferences',
  'generateName',
  'pod-template-hash',
  'endpoints',
  'startedAt',
  'finishedAt',
  'by',
  'deployment.kubernetes.io/revision',
  'endpoints.kubernetes.io/last-change-trigger-time',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.kubernetes.io/selected-node',
]);

function stable(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => stable(item));
  if (value === null || typeof value !== 'object') return stableText(value, key);
  const kept = Object.entries(value).filter(([name]) => !PASSING.has(name));
  return Object.fromEntries(
    kept.sort(([a], [b]) => a.localeCompare(b)).map(([name, field]) => [name, stable(field, name)]),
  );
}

function stableText(value: unknown, key: string): unknown {
  if (typeof value !== 'string') return value;
  // How many runs it took is the one thing that may differ.
  if (key === 'installation') return stable({ ...JSON.parse(value), id: undefined, history: undefined });
  // Secrets: that a key is there counts, not what it holds.
  if (/^(?:password|users|key-\d+|(?:tls|ca|signing)(?:-\d+)?\.(?:crt|key))$/.test(key))
    return value === '' ? '' : 'present';
  return value
    .replace(/-[0-9a-f]{8,10}-[a-z0-9]{5}$/, '')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access')
    .replace(/^(skerry-(?:hub|hub-agents|registry|registry-store))-[a-z0-9]{5}$/, '$1');
}

const PodSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string() })) }),
  status: z.looseObject({
    containerStatuses: z
      .array(z.looseObject({ name: z.string(), imageID: z.string(), ready: z.boolean() }))
      .optional(),
  }),
});

export interface RunningContainer {
  readonly pod: string;
  readonly image: string;
  readonly digest: string;
  readonly ready: boolean;
}

/** Every container of every pod, with the digest of the image that it runs. */
export async function runningContainers(cluster: Cluster): Promise<RunningContainer[]> {
  const { items } = ListSchema.parse(await cluster.api.get('/api/v1/pods'));
  return items.flatMap((item) => {
    const { metadata, spec, status } = PodSchema.parse(item);
    return (status.containerStatuses ?? []).map(({ name, imageID, ready }) => ({
      pod: `${metadata.namespace}/${metadata.name}`,
      image: spec.containers.find((container) => container.name === name)?.image ?? '',
      digest: /sha256:[0-9a-f]{64}$/.exec(imageID)?.[0] ?? '',
      ready,
    }));
  });
}
