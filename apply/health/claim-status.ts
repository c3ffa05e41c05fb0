import type { CallOptions, KubeClient } from '../client/client.ts';
import { listAt, textAt } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { current, type ObjectStatus } from './object-status.ts';

/**
 * A claim of a class that binds at the first consumer is pending by right until a pod uses it, which may be never (one
 * that only a CronJob mounts). Undefined where there is no more to say than the claim itself does.
 */
export async function claimStatus(
  client: Pick<KubeClient, 'get' | 'list'>,
  claim: KubeObject | undefined,
  { status }: ObjectStatus,
  options: CallOptions = {},
): Promise<ObjectStatus | undefined> {
  if (claim?.kind !== 'PersistentVolumeClaim' || status !== 'InProgress') return undefined;
  if (!(await bindsAtFirstConsumer(client, claim, options))) return undefined;
  const { name, namespace } = claim.metadata;
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, options);
  return items.some((pod) => isLive(pod) && uses(pod, name))
    ? undefined
    : current('waits for its first consumer');
}

async function bindsAtFirstConsumer(
  client: Pick<KubeClient, 'get'>,
  claim: KubeObject,
  options: CallOptions,
): Promise<boolean> {
  const name = textAt(claim, 'spec', 'storageClassName');
  if (name === undefined || name === '') return false;
  const storageClass = await client
    .get({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name } }, options)
    .catch(() => undefined);
  options.signal?.throwIfAborted();
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

function isLive(pod: KubeObject): boolean {
  return !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase') ?? '');
}

// A generic ephemeral volume has its claim made for it, named POD-VOLUME.
function uses(pod: KubeObject, claim: string): boolean {
  return listAt(pod, 'spec', 'volumes').some(
    (volume) =>
      textAt(volume, 'persistentVolumeClaim', 'claimName') === claim ||
      `${pod.metadata.name}-${textAt(volume, 'name')}` === claim,
  );
}
