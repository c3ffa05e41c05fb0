import type { CallOptions, KubeClient } from './client.ts';
import { describeObject, type KubeObject } from './object.ts';

/**
 * Helm refuses to touch a release on which an operation seems to be under way, also when the helm that did it was
 * killed. Only for callers that hold a lock on the installation: takes the record of the unfinished revision away
 * (not what it applied), so that the next upgrade starts from the last finished one. Returns what was deleted.
 */
export async function clearPendingRelease(
  client: Pick<KubeClient, 'list' | 'delete'>,
  { name, namespace }: { name: string; namespace: string },
  options: CallOptions = {},
): Promise<string[]> {
  const labelSelector = `owner=helm,name=${name},status in (pending-install,pending-upgrade,pending-rollback)`;
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Secret', namespace, labelSelector },
    options,
  );
  const records = items.filter(isRecord);
  for (const record of records) await client.delete(record, { uid: record.metadata.uid, ...options });
  return records.map(describeObject);
}

function isRecord(secret: KubeObject): boolean {
  return secret.type === 'helm.sh/release.v1';
}
