import type { KubeClient } from '../../apply/client/client.ts';
import { readLockedRelease, releaseName } from '../../bundle/locked-release.ts';
import { openClusterRegistry } from '../copy/cluster-registry.ts';
import type { Installation } from '../record/installation.ts';
import type { ReleaseSource } from './upgrade-phase.ts';

/** A release that is or was installed, read from the registry in the cluster; the record's digest is compared. */
export async function openInstalledRelease(
  client: Pick<KubeClient, 'open' | 'server'>,
  { name, version, digest }: Installation['release'],
  signal: AbortSignal,
): Promise<ReleaseSource> {
  const store = openClusterRegistry(client);
  const address = { ...releaseName(name, version), digest };
  return { release: await readLockedRelease(store, address, { signal }), store };
}
