import type { Descriptor } from '../../../content/descriptor.ts';
import { type Digest, isDigest } from '../../../content/digest.ts';
import { MediaType } from '../../../content/media-type.ts';
import type { CallOptions, Store } from '../../../content/store.ts';
import { canPage, type ReferrersPage, type WhichReferrers } from '../../capability.ts';
import { makeReferrersPage, REFERRERS_ROOM } from '../../store/manifests/referrers-page.ts';
import { sendBytes } from '../answer/response.ts';
import { callOf, type Exchange, type Services } from '../exchange.ts';
import { linkToNext } from '../page.ts';
import { taggedReferrers } from './tagged-referrers.ts';

export interface ReferrersRoute {
  readonly repository: string;
  readonly digest: Digest;
}

/** GET the manifests that have this one as their subject (distribution-spec, "Listing Referrers"); never 404. */
export async function listReferrers(
  exchange: Exchange,
  { store, lists }: Services,
  route: ReferrersRoute,
): Promise<void> {
  const { repository, digest } = route;
  const { query, signal } = exchange;
  const artifactType = query.get('artifactType') || undefined;
  const last = query.get('last') ?? '';
  const which = { artifactType, after: isDigest(last) ? last : undefined };
  await lists.wait(signal);
  exchange.answers.check();
  const { index, next } = canPage(store)
    ? await store.pageReferrers(repository, digest, which)
    : await pageOf(store, route, which, callOf(exchange));
  await sendBytes(exchange, 200, index, {
    'content-type': MediaType.index,
    ...(artifactType === undefined ? {} : { 'oci-filters-applied': 'artifactType' }),
    ...(next === undefined
      ? {}
      : linkToNext(`/v2/${repository}/referrers/${digest}`, { artifactType, last: next })),
  });
}

// Of a store that gives whole lists only.
async function pageOf(
  store: Store,
  route: ReferrersRoute,
  { artifactType, after }: WhichReferrers,
  call: CallOptions,
): Promise<ReferrersPage> {
  const known = await store.listReferrers(route.repository, route.digest, call);
  const all = [...known, ...(await taggedReferrers(store, route, known, call))];
  const wanted =
    artifactType === undefined ? all : all.filter((entry) => entry.artifactType === artifactType);
  const { entries, next } = referrersPage(wanted, after, REFERRERS_ROOM);
  return makeReferrersPage(entries.map((entry) => JSON.stringify(entry)).join(','), next);
}

/**
 * The referrers after the digest `last`, as many as fit in `room` bytes of JSON, in the order of their digests so that
 * a page still follows the one before when a referrer was added in between.
 */
export function referrersPage(
  all: readonly Descriptor[],
  last: string | undefined,
  room: number,
): { entries: readonly Descriptor[]; next: string | undefined } {
  const after = last ?? '';
  const rest = all.filter(({ digest }) => digest > after).sort((a, b) => (a.digest < b.digest ? -1 : 1));
  let size = 0;
  const end = rest.findIndex((entry, index) => {
    size += Buffer.byteLength(JSON.stringify(entry)) + 1;
    return size > room && index > 0;
  });
  const entries = end === -1 ? rest : rest.slice(0, end);
  return { entries, next: end === -1 ? undefined : entries.at(-1)?.digest };
}
