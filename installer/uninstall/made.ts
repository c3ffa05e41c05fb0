import type { KubeClient } from '../../apply/client/client.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { mapLimited } from '../../content/limit.ts';
import { isKept } from './kept.ts';

/** Says which workload made an object: Kubernetes' recommended label, with the workload's own name. */
const MADE_BY = 'app.kubernetes.io/managed-by';
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];
/** Where programs keep what they need again: data, keys, and who leads. */
const KINDS = [
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Secret' },
  { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
];

/** True for the kinds that programs keep their own things in. */
export function canBeMade({ kind, apiVersion }: KubeObject): boolean {
  return KINDS.some((made) => made.kind === kind && made.apiVersion === apiVersion);
}

/** True for what one of these workloads made in its own namespace, by the label. */
export function isMadeByWorkload(object: KubeObject, workload: KubeObject): boolean {
  const { metadata } = object;
  return (
    canBeMade(object) &&
    !isKept(object) &&
    workload.metadata.namespace === metadata.namespace &&
    isByWorkload(object, workload)
  );
}

/** True where the label of an object names this workload. */
export function isByWorkload({ metadata }: KubeObject, workload: KubeObject): boolean {
  return WORKLOADS.includes(workload.kind) && metadata.labels?.[MADE_BY] === workload.metadata.name;
}

/** What the workloads among a component's objects have made for themselves, beside what the component states. */
export async function madeByWorkloads(
  { client, signal }: { readonly client: Pick<KubeClient, 'list'>; readonly signal: AbortSignal },
  objects: readonly KubeObject[],
): Promise<KubeObject[]> {
  const stated = new Set(objects.map(describeObject));
  const workloads = objects.filter(({ kind }) => WORKLOADS.includes(kind));
  const places = [...Map.groupBy(workloads, ({ metadata }) => metadata.namespace)].flatMap(
    ([namespace, those]) => KINDS.map((made) => ({ ...made, namespace, those })),
  );
  const found = await mapLimited(places, 4, async ({ those, ...selection }) => {
    const labelSelector = `${MADE_BY} in (${those.map(({ metadata }) => metadata.name).join(',')})`;
    const { items } = await client.list({ ...selection, labelSelector }, { signal });
    return items.filter((object) => those.some((workload) => isMadeByWorkload(object, workload)));
  });
  return found.flat().filter((object) => !stated.has(describeObject(object)));
}
