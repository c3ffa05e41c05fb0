import type { ClusterSpec } from '../../api/cluster.ts';
import type { StoredCluster } from '../watched/stored.ts';

/** A cluster with another spec; one that is not there yet where none is stored. */
export function proposedCluster(
  { project, name }: { readonly project: string; readonly name: string },
  spec: ClusterSpec,
  stored: StoredCluster | undefined,
): StoredCluster {
  if (stored !== undefined) return { ...stored, spec };
  const metadata = { name, namespace: project, uid: '', generation: 1, creationTimestamp: '' };
  return { metadata: { ...metadata, labels: {}, annotations: {}, finalizers: [] }, spec, status: {} };
}
