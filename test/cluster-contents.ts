import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Cluster } from './cluster/cluster.ts';

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
  for (const path of LISTS) {
    const { items } = ListSchema.parse(await cluster.api.get(path));
    for (const item of items)
      found.set(`${path.split('/').at(-1)} ${item.metadata.namespace ?? ''}/${item.metadata.name}`, item);
  }
  return found;
}

/** Name and resourceVersion of every object that nobody touches by himself: equal before and after means unchanged. */
export async function fingerprint(cluster: Cluster): Promise<Record<string, string>> {
  const contents = [...(await readContents(cluster))].filter(([name]) => !isRestless(name));
  return Object.fromEntries(contents.map(([name, { metadata }]) => [name, metadata.resourceVersion]).sort());
}

/** Waits until the controllers of a cluster that has just started have made all that they make by themselves. */
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
    ([name]) =>
      / (skerry-[a-z]+)?\/.*/.test(name) && (name.includes('skerry') || name.includes('clusterprofiles')),
  );
  const entries = ours
    .filter(([name]) => !name.includes('sh.helm.release') && !name.startsWith('leases'))
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
  if (key === 'installation') return stable(JSON.parse(value));
  // Secrets: that a key is there counts, not what it holds.
  if (['password', 'users', 'tls.crt', 'tls.key', 'ca.crt', 'ca.key'].includes(key))
    return value === '' ? '' : 'present';
  return value
    .replace(/-[0-9a-f]{8,10}-[a-z0-9]{5}$/, '')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access')
    .replace(/^(skerry-(?:hub|registry|registry-store))-[a-z0-9]{5}$/, '$1');
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
