import semver from 'semver';
import { type ReleaseAddress, readLockedRelease, releaseName } from '../../bundle/locked-release.ts';
import { openStoredRelease } from '../../bundle/release-bundle.ts';
import { contentSource } from '../../channel/client/content-source.ts';
import { type TimeLimit, withinTime } from '../../channel/client/within-time.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { Store } from '../../content/store.ts';
import { RoutedStore } from '../../content/stores/routed.ts';
import { CHANNEL_NAME } from '../site-channel/channel-place.ts';
import { claimsOf } from './claims.ts';
import type { Offer, OfferedRelease } from './offer.ts';

const WIDTH = 4;
/** So long each part may take: a list, a release, the channel. */
const TIMEOUT_MS = 120_000;
/** The newest are looked at; no vendor has as many. */
const MAX_RELEASES = 1000;

/**
 * The releases of a product, and the channel, that a registry or any other store holds. It is not closed. Throws
 * CHANNEL_TOO_SLOW, and what a registry that does not answer throws.
 */
export async function offerOfStore(
  store: Store,
  product: string,
  signal?: AbortSignal,
  timeoutMs = TIMEOUT_MS,
): Promise<Offer> {
  const time = { signal, timeoutMs };
  const { repository } = releaseName(product, '');
  const tags = await withinTime(`${store.name} ${repository}`, time, (limited) =>
    store.listTags(repository, { signal: limited }),
  );
  const releases = await mapLimited(versionsIn(tags), WIDTH, (tag) => offered(store, product, tag, time));
  return {
    name: store.name,
    releases: releases.filter((release) => release !== undefined),
    channel: await channelOf(store, time),
    keyPath: undefined,
    close: async () => {},
  };
}

/** A release's tag is its version; others are those of signatures, or of something else. */
function versionsIn(tags: readonly string[]): string[] {
  return [...new Set(tags)]
    .filter((tag) => semver.valid(tag) === tag)
    .sort(semver.rcompare)
    .slice(0, MAX_RELEASES);
}

async function offered(
  store: Store,
  product: string,
  tag: string,
  time: TimeLimit,
): Promise<OfferedRelease | undefined> {
  const { repository } = releaseName(product, tag);
  const place = `${store.name} ${repository}:${tag}`;
  try {
    return await withinTime(place, time, async (signal) => {
      const found = await store.resolveManifest(repository, tag, { signal });
      if (found === undefined) return undefined;
      const address: ReleaseAddress = { repository, tag, digest: found.digest };
      const claims = claimsOf(await readLockedRelease(store, address, { signal }), place);
      // It could not be opened under this name.
      if (claims.name !== product || claims.version !== tag) return undefined;
      return {
        ...{ ...claims, digest: address.digest, place, stick: undefined },
        open: (key, options) => openStoredRelease(lent(store), address, key, options),
      };
    });
  } catch (error) {
    // Something else may stand under a tag of that repository.
    if (isSkerryError(error, 'BUNDLE_NO_RELEASE')) return undefined;
    throw error;
  }
}

/** The store is the offer's, which closes it once: of several hops each closes its release. */
function lent(store: Store): Store {
  return new RoutedStore(store.name, (repository) => ({ store, repository }));
}

async function channelOf(store: Store, time: TimeLimit) {
  const { repository, tag } = CHANNEL_NAME;
  try {
    return await withinTime(`${store.name} ${repository}:${tag}`, time, (signal) =>
      contentSource(store, CHANNEL_NAME, signal),
    );
  } catch (error) {
    if (isSkerryError(error, 'CHANNEL_NOT_FOUND')) return undefined;
    throw error;
  }
}
