import { type ReleaseAddress, readLockedRelease, releaseName } from '../../bundle/locked-release.ts';
import { openStoredRelease } from '../../bundle/release-bundle.ts';
import { contentSource } from '../../channel/client/content-source.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { Store } from '../../content/store.ts';
import { CHANNEL_NAME } from '../site-channel/channel-place.ts';
import { claimsOf } from './claims.ts';
import type { Offer, OfferedRelease } from './offer.ts';

const WIDTH = 4;

/** The releases of a product, and the channel, that a registry or any other store holds. It is not closed. */
export async function offerOfStore(store: Store, product: string, signal?: AbortSignal): Promise<Offer> {
  const { repository } = releaseName(product, '');
  const tags = (await store.listTags(repository, { signal })).filter((tag) => !isCompanion(tag));
  const releases = await mapLimited(tags, WIDTH, (tag) => offered(store, repository, tag, signal));
  return {
    name: store.name,
    releases: releases.filter((release) => release !== undefined),
    channel: await channelOf(store, signal),
    keyPath: undefined,
    close: async () => {},
  };
}

async function offered(
  store: Store,
  repository: string,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<OfferedRelease | undefined> {
  const found = await store.resolveManifest(repository, tag, { signal });
  if (found === undefined) return undefined;
  const address: ReleaseAddress = { repository, tag, digest: found.digest };
  try {
    const release = await readLockedRelease(store, address, { signal });
    const place = `${store.name} ${repository}:${tag}`;
    return {
      ...claimsOf(release, place),
      digest: address.digest,
      place,
      stick: undefined,
      open: (key, options) => openStoredRelease(store, address, key, options),
    };
  } catch (error) {
    // Something else may stand under a tag of that repository.
    if (isSkerryError(error, 'BUNDLE_NO_RELEASE')) return undefined;
    throw error;
  }
}

/** Signatures have tags beside what they sign. */
function isCompanion(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]+/.test(tag);
}

async function channelOf(store: Store, signal: AbortSignal | undefined) {
  try {
    return await contentSource(store, CHANNEL_NAME, signal);
  } catch (error) {
    if (isSkerryError(error, 'CHANNEL_NOT_FOUND')) return undefined;
    throw error;
  }
}
