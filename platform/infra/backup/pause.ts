import type { KubeClient } from '../../../apply/client/client.ts';
import { type Clock, systemClock } from '../../../apply/clock.ts';
import { conditionOf } from '../../../apply/health/condition.ts';
import { at } from '../../../apply/json.ts';
import { describeObject, type KubeObject } from '../../../apply/object.ts';
import { waitUntil } from '../../../apply/wait/wait-until.ts';
import { platformError } from '../../errors.ts';
import { isCluster } from './take-backup.ts';

/** Which work has paused a cluster that people had not: it is what takes that back. */
export const PAUSED_FOR = 'infrastructure.skerry.dev/paused-for';
const PAUSE_MS = 120_000;
export const CAPI_CLUSTERS = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster' };

export function isPaused(cluster: KubeObject): boolean {
  return at(cluster, 'spec', 'paused') === true;
}

/** Whether people want the cluster to stay paused. */
export function staysPaused(cluster: KubeObject): boolean {
  return isPaused(cluster) && cluster.metadata.annotations?.[PAUSED_FOR] === undefined;
}

/**
 * Pauses every cluster of a gateway, and waits until its controllers have seen it: nothing is done to any machine from
 * then on. Throws GATEWAY_NOT_PAUSED.
 */
export async function pauseClusters(
  client: Pick<KubeClient, 'list' | 'patch' | 'watch'>,
  work: string,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  const { items } = await client.list(CAPI_CLUSTERS, { signal });
  for (const cluster of items.filter((one) => !isPaused(one))) {
    const change = { metadata: { annotations: { [PAUSED_FOR]: work } }, spec: { paused: true } };
    await client.patch(cluster, change, { signal });
  }
  const unseen = async () =>
    (await client.list(CAPI_CLUSTERS, { signal })).items.filter((one) => !hasSeen(one));
  await waitUntil({
    client,
    selections: [CAPI_CLUSTERS],
    look: async () => ((await unseen()).length === 0 ? true : undefined),
    timeoutMs: PAUSE_MS,
    late: async () =>
      platformError('GATEWAY_NOT_PAUSED', {
        subject: 'gateway',
        detail: (await unseen()).map(describeObject).join(', '),
      }),
    signal,
    clock,
  });
}

/** The condition is set by a controller that works; where none ever did, nobody has to see it. */
function hasSeen(cluster: KubeObject): boolean {
  const paused = conditionOf(cluster, 'Paused');
  return paused === undefined || (paused.status === 'True' && isPaused(cluster));
}

/** Lets go on what was paused for this work. What people had paused stays so. */
export async function resumeClusters(
  client: Pick<KubeClient, 'get' | 'patch'>,
  clusters: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  for (const cluster of clusters.filter(isCluster)) {
    if (staysPaused(cluster)) continue;
    const change = { metadata: { annotations: { [PAUSED_FOR]: null } }, spec: { paused: null } };
    await client.patch(cluster, change, { signal });
  }
}
