import type { KubeClient } from '../../../apply/client/client.ts';
import { objectAt, textAt } from '../../../apply/json.ts';
import { groupOf, type KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';

/** What sets parts of a workload all the time, because it was told to. */
export interface Scalers {
  /** An autoscaler has the number of replicas. */
  readonly replicas: boolean;
  /** A vertical autoscaler has the containers' resources. */
  readonly resources: boolean;
}

export const NO_SCALERS: Scalers = { replicas: false, resources: false };

/** KEDA makes a HorizontalPodAutoscaler of each ScaledObject, but not while it keeps the workload at no replicas. */
const HORIZONTAL = [
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', field: 'scaleTargetRef' },
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', field: 'scaleTargetRef' },
];
const VERTICAL = [{ apiVersion: 'autoscaling.k8s.io/v1', kind: 'VerticalPodAutoscaler', field: 'targetRef' }];

/**
 * Which autoscalers an object has. What the agent may not see counts as one: an autoscaler that is fought does more harm
 * than a change that is not put back.
 */
export async function findScalers(
  client: Pick<KubeClient, 'list'>,
  object: KubeObject,
  signal: AbortSignal,
): Promise<Scalers> {
  const targets = async (kinds: typeof HORIZONTAL): Promise<boolean> => {
    for (const { apiVersion, kind, field } of kinds) {
      const items = await listed(client, { apiVersion, kind, namespace: object.metadata.namespace }, signal);
      if (items === 'hidden') return true;
      if (items.some((scaler) => isTarget(objectAt(scaler, 'spec', field), object))) return true;
    }
    return false;
  };
  const [replicas, resources] = await Promise.all([targets(HORIZONTAL), targets(VERTICAL)]);
  return { replicas, resources };
}

async function listed(
  client: Pick<KubeClient, 'list'>,
  selection: Parameters<KubeClient['list']>[0],
  signal: AbortSignal,
): Promise<readonly KubeObject[] | 'hidden'> {
  try {
    return (await client.list(selection, { signal })).items;
  } catch (error) {
    if (isSkerryError(error, 'CLUSTER_FORBIDDEN')) return 'hidden';
    if (isSkerryError(error) && NOT_THERE.has(error.code)) return [];
    throw error;
  }
}

const NOT_THERE = new Set(['KIND_UNKNOWN', 'OBJECT_CHANGED']);

// A ScaledObject that says no kind means a Deployment.
function isTarget(reference: unknown, { apiVersion, kind, metadata }: KubeObject): boolean {
  return (
    textAt(reference, 'name') === metadata.name &&
    (textAt(reference, 'kind') ?? 'Deployment') === kind &&
    groupOf(textAt(reference, 'apiVersion') ?? 'apps/v1') === groupOf(apiVersion)
  );
}
