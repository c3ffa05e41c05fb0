import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import { type ReleaseId, readLatestRecord } from '../../../apply/helm/helm-release.ts';
import { parseManifests } from '../../../apply/manifest.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { placedIfServed } from '../../../apply/release/place.ts';
import { asOwnedByHelm } from '../../../apply/release/render.ts';

/** The name under which Helm 4 owns fields, whatever its program file is called. */
export const HELM_MANAGER = 'helm';

/**
 * What Helm applied for a release that is deployed, from its own record in the cluster: hooks left out, namespaces and
 * marks of ownership written down. Undefined when it is not installed or not whole. Throws HELM_RECORD_INVALID.
 */
export async function releaseObjects(
  client: Pick<KubeClient, 'list' | 'resource'>,
  release: ReleaseId,
  options: CallOptions = {},
): Promise<readonly KubeObject[] | undefined> {
  // A revision of before stays `deployed` while the next one has failed half way: what is there now is neither.
  const deployed = await readLatestRecord(client, release, options);
  if (deployed?.status !== 'deployed') return undefined;
  return await Promise.all(
    parseManifests(deployed.manifest, release.name).map(async (object) =>
      asOwnedByHelm(await placedIfServed(client, object, release.namespace, options), release),
    ),
  );
}
