import { channelError } from '../errors.ts';
import { type ChannelRelease, targetPath } from '../metadata/release-target.ts';

type Releases = readonly ChannelRelease[];

/** Throws CHANNEL_RELEASE_EXISTS: a version always stands for the same content. The same release again changes nothing. */
export function addRelease(releases: Releases, added: ChannelRelease): Releases {
  const known = releases.find(({ version }) => version === added.version);
  if (known === undefined) return [...releases, added];
  if (known.digest === added.digest) return releases;
  throw channelError('CHANNEL_RELEASE_EXISTS', {
    subject: targetPath(added),
    detail: `${known.digest}, not ${added.digest}`,
  });
}

/** Offers a candidate to everybody. Throws CHANNEL_RELEASE_UNKNOWN. */
export function promoteRelease(releases: Releases, product: string, version: string): Releases {
  return changed(releases, product, version, (release) => ({ ...release, track: 'stable' }));
}

/** Nobody should install it from now on; sites that have it see why. Throws CHANNEL_RELEASE_UNKNOWN. */
export function withdrawRelease(
  releases: Releases,
  product: string,
  version: string,
  reason: string,
): Releases {
  return changed(releases, product, version, (release) => ({ ...release, withdrawn: reason }));
}

function changed(
  releases: Releases,
  product: string,
  version: string,
  change: (release: ChannelRelease) => ChannelRelease,
): Releases {
  if (!releases.some((release) => release.version === version))
    throw channelError('CHANNEL_RELEASE_UNKNOWN', { subject: targetPath({ product, version }) });
  return releases.map((release) => (release.version === version ? change(release) : release));
}
