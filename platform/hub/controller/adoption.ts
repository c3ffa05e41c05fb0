import type { KubeClient } from '../../../apply/client/client.ts';
import { objectAt } from '../../../apply/json.ts';
import type { ProfileUse } from '../../api/cluster.ts';
import { profileObjectName } from '../../api/names.ts';
import type { Envelope } from '../../desired/envelope.ts';
import { isSystemLayer } from '../compile/gateway/system-packs.ts';
import type { RevisionSummary } from '../watched/revision-summary.ts';
import { keyOf, referenceTo, StoredCluster } from '../watched/stored.ts';
import { conditionOf } from './conditions.ts';
import { ADOPTED } from './revisions.ts';

export const BEHIND = 'HubBehind';

/**
 * What to do about a last revision that is what an agent held: take it over, leave all as it is until somebody changes
 * the cluster, or go on as with any other.
 */
export function adoptionStep(
  { metadata, status }: StoredCluster,
  last: RevisionSummary | undefined,
): 'adopt' | 'rest' | 'go-on' {
  if (last?.cause.startsWith(ADOPTED) !== true) return 'go-on';
  const behind = conditionOf(status.conditions, BEHIND);
  const isKnown = status.desired?.number === last.number && status.desired.digest === last.digest;
  if (behind === undefined || !isKnown) return 'adopt';
  // It was taken over and then somebody changed the cluster, now or at an earlier look.
  if (behind.status === 'False') return 'go-on';
  return metadata.generation > (status.observedGeneration ?? 0) ? 'go-on' : 'rest';
}

/** The profile versions that an envelope was made of, with the variables that the cluster gives them now. */
export function heldProfiles(
  { layers }: Envelope,
  current: readonly ProfileUse[],
  exists: (objectName: string) => boolean,
): ProfileUse[] | undefined {
  const own = layers.filter((layer) => !isSystemLayer(layer));
  const names = [...new Map(own.map(({ profile }) => [profile.name, profile])).values()];
  if (names.length === 0 || !names.every((profile) => exists(profileObjectName(profile)))) return undefined;
  return names.map(({ name, version }) => {
    const variables = current.find((use) => use.name === name)?.variables;
    return { name, version, ...(variables === undefined ? {} : { variables }) };
  });
}

/** Makes a cluster name these profiles; gives the cluster's generation afterwards. Throws OBJECT_CHANGED. */
export async function setProfiles(
  client: Pick<KubeClient, 'get' | 'replace'>,
  { metadata, spec }: StoredCluster,
  profiles: readonly ProfileUse[],
  signal: AbortSignal,
): Promise<number> {
  const versions = (uses: readonly ProfileUse[]) => uses.map(profileObjectName).join(' ');
  if (versions(spec.profiles ?? []) === versions(profiles)) return metadata.generation;
  const key = keyOf(metadata.namespace, metadata.name);
  const object = await client.get(referenceTo('Cluster', key), { signal });
  if (object === undefined) return metadata.generation;
  // What somebody has changed since is not overwritten.
  if ((object.metadata.generation ?? 1) !== metadata.generation) return metadata.generation;
  const written = await client.replace(
    { ...object, spec: { ...objectAt(object, 'spec'), profiles } },
    { signal },
  );
  return StoredCluster.parse(written).metadata.generation;
}
