import { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';
import { StoredCluster } from './stored.ts';

export interface WatchedCluster {
  /** Fingerprint of the accepted key, and UID of its kube-system namespace: good also when the rest can't be read. */
  readonly key?: string | undefined;
  readonly id?: string | undefined;
  /** As it was when all of it could be read last. */
  readonly stored?: StoredCluster | undefined;
}

const Agent = z.object({
  spec: z.object({ agent: z.object({ key: z.string().optional() }).optional() }).optional(),
  status: z.object({ id: z.string().optional() }).optional(),
});

/** A key that was taken out has no way to stay known, whatever else is in the object. */
export function readWatchedCluster(
  object: KubeObject,
  before: WatchedCluster | undefined,
  skip: (detail: string) => void,
): WatchedCluster {
  const { spec, status } = Agent.safeParse(object).data ?? {};
  const stored = StoredCluster.safeParse(object);
  if (!stored.success) skip(stored.error.issues[0]?.message ?? 'unreadable');
  return { key: spec?.agent?.key, id: status?.id, stored: stored.data ?? before?.stored };
}
