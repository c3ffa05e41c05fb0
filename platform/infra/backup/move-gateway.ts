import type { KubeClient } from '../../../apply/client/client.ts';
import { describeObject, type KubeObject } from '../../../apply/object.ts';
import { platformError } from '../../errors.ts';
import { CAPI_CLUSTERS, isPaused, pauseClusters, resumeClusters } from './pause.ts';
import { type Restored, restoreBackup } from './restore-backup.ts';
import { isCluster, takeBackup } from './take-backup.ts';

export interface MoveInput {
  readonly from: KubeClient;
  readonly to: KubeClient;
  readonly now: () => Date;
  readonly onStep: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Says of a cluster which gateway has it now, by the UID of that gateway's Namespace kube-system. */
const MOVED_TO = 'infrastructure.skerry.dev/moved-to';

/**
 * Hands every cluster over: it is paused where it was and stays so, is made where it goes, and only then goes on there.
 * What ended in between goes on when it is done again. Throws GATEWAY_NOT_PAUSED, GATEWAY_MOVED, GATEWAY_CLUSTER_EXISTS.
 */
export async function moveGateway({ from, to, now, onStep, signal }: MoveInput): Promise<Restored> {
  const [home, target] = await Promise.all([idOf(from, signal), idOf(to, signal)]);
  if (home === target) {
    const detail = 'it is moved to itself';
    throw platformError('GATEWAY_MOVED', { subject: to.server, detail });
  }
  await refuseMoved(from, target, signal);
  const work = `move-from-${home}`;
  onStep(`pause the clusters at ${from.server}`);
  await pauseClusters(from, work, signal);
  const backup = await takeBackup({ client: from, now, signal });
  const clusters = backup.objects.filter(isCluster);
  const restored = await restoreBackup({ client: to, backup, work, onStep, signal });
  onStep(`hand over to ${to.server}`);
  // From here on nobody lets them go on where they were, also if this ends before they go on where they are.
  for (const cluster of clusters)
    await from.patch(cluster, { metadata: { annotations: { [MOVED_TO]: target } } }, { signal });
  await requirePaused(from, clusters, signal);
  await resumeClusters(to, clusters, signal);
  return restored;
}

async function idOf(client: KubeClient, signal: AbortSignal): Promise<string> {
  const system = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } };
  return (await client.get(system, { signal }))?.metadata.uid ?? '';
}

async function refuseMoved(from: KubeClient, target: string, signal: AbortSignal): Promise<void> {
  const { items } = await from.list(CAPI_CLUSTERS, { signal });
  const moved = items.flatMap(({ metadata: { annotations } }) => annotations?.[MOVED_TO] ?? []);
  const other = moved.find((id) => id !== target);
  if (other !== undefined) throw platformError('GATEWAY_MOVED', { subject: from.server, detail: other });
}

async function requirePaused(
  from: KubeClient,
  clusters: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  for (const cluster of clusters) {
    const now = await from.get(cluster, { signal });
    if (now !== undefined && !isPaused(now))
      throw platformError('GATEWAY_NOT_PAUSED', { subject: from.server, detail: describeObject(cluster) });
  }
}
