import { join } from 'node:path';
import { openReleaseBundle, peekRelease } from '../../bundle/release-bundle.ts';
import { folderSource } from '../../channel/client/folder-source.ts';
import { printable } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { findChannelFolder } from '../site-channel/channel-place.ts';
import { findSticks, STICK_FILES, type Stick } from '../stick/stick.ts';
import { claimsOf } from './claims.ts';
import type { Offer, OfferedRelease } from './offer.ts';

/** What lies on a stick, or in one bundle. Throws STICK_NOT_FOUND, BUNDLE_*. */
export async function offerOfStick(path: string, volumes?: readonly string[]): Promise<Offer> {
  const sticks = await findSticks(path, { volumes });
  const [first] = sticks;
  const folder = first?.folder ?? path;
  const channel = await findChannelFolder(folder);
  return {
    name: path,
    releases: await mapLimited(sticks, 2, offered),
    channel: channel === undefined ? undefined : folderSource(channel),
    keyPath: join(folder, STICK_FILES.key),
    close: async () => {},
  };
}

async function offered(stick: Stick): Promise<OfferedRelease> {
  const { release, address, store } = await peekRelease(stick.bundle);
  await store.close();
  return {
    ...claimsOf(release, stick.bundle),
    digest: address.digest,
    // Whoever made the stick has named it, perhaps with lines of their own.
    place: printable(stick.bundle).replace(/\s+/g, ' '),
    stick,
    open: (key, options) => openReleaseBundle(stick.bundle, key, { ...options, volumes: stick.volumes }),
  };
}
