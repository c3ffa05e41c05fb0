import type { KubeObject } from '../../../apply/object.ts';
import { CAPI } from './names.ts';
import type { CapiCluster, StoredInfraCluster } from './stored.ts';
import type { InfraWorld } from './world.ts';

/**
 * Where another provider is the infrastructure, as AWS's, Cluster API knows nothing of a SkerryCluster: it gets its Cluster
 * for an owner, and goes once that one was deleted and has gone with all that it had in the cloud. Not by looking whether
 * there is a Cluster: one that is not restored yet is no reason to delete anything.
 */
export async function ownByCluster(
  { client }: Pick<InfraWorld, 'client'>,
  read: KubeObject,
  { metadata }: StoredInfraCluster,
  capi: CapiCluster,
  signal: AbortSignal,
): Promise<void> {
  const { uid, name } = capi.metadata;
  if (capi.metadata.deletionTimestamp !== undefined) return;
  if (metadata.ownerReferences.some((owner) => owner.uid === uid)) return;
  const others = (read.metadata.ownerReferences ?? []).filter(({ kind }) => kind !== 'Cluster');
  const ownerReferences = [...others, { apiVersion: CAPI.version, kind: 'Cluster', name, uid }];
  await client.patch(read, { metadata: { uid: metadata.uid, ownerReferences } }, { signal });
}
