import type { Descriptor } from '../content/descriptor.ts';
import { type Digest, isDigest } from '../content/digest.ts';
import { MAX_MANIFEST_BYTES } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import type { Exchange, Services } from './exchange.ts';
import { linkToNext } from './page.ts';
import { sendBytes } from './response.ts';
import { taggedReferrers } from './tagged-referrers.ts';

export interface ReferrersRoute {
  readonly repository: string;
  readonly digest: Digest;
}

/** GET the manifests that have this one as their subject (distribution-spec, "Listing Referrers"); never 404. */
export async function listReferrers(
  exchange: Exchange,
  { store }: Services,
  route: ReferrersRoute,
): Promise<void> {
  const { repository, digest } = route;
  const { query, signal } = exchange;
  const artifactType = query.get('artifactType') || undefined;
  const known = await store.listReferrers(repository, digest, { signal });
  const all = [...known, ...(await taggedReferrers(store, route, known, { signal }))];
  const wanted =
    artifactType === undefined ? all : all.filter((entry) => entry.artifactType === artifactType);
  const { entries, next } = referrersPage(wanted, query.get('last') ?? undefined, MAX_MANIFEST_BYTES - 1024);
  const manifests = entries.map(jsonOf).join(',');
  const body = `{"schemaVersion":2,"mediaType":"${MediaType.index}","manifests":[${manifests}]}`;
  sendBytes(exchange, 200, body, {
    'content-type': MediaType.index,
    ...(artifactType === undefined ? {} : { 'oci-filters-applied': 'artifactType' }),
    ...(next === undefined
      ? {}
      : linkToNext(`/v2/${repository}/referrers/${digest}`, { artifactType, last: next })),
  });
}

/**
 * The referrers after the digest `last`, as many as fit in `room` bytes of JSON, in the order of their digests so that
 * a page still follows the one before when a referrer was added in between. Clients refuse an index over 4 MiB.
 */
export function referrersPage(
  all: readonly Descriptor[],
  last: string | undefined,
  room: number,
): { entries: readonly Descriptor[]; next: string | undefined } {
  const after = last !== undefined && isDigest(last) ? last : '';
  const rest = all.filter(({ digest }) => digest > after).sort((a, b) => (a.digest < b.digest ? -1 : 1));
  let size = 0;
  const end = rest.findIndex((entry, index) => {
    size += Buffer.byteLength(jsonOf(entry)) + 1;
    return size > room && index > 0;
  });
  const entries = end === -1 ? rest : rest.slice(0, end);
  return { entries, next: end === -1 ? undefined : entries.at(-1)?.digest };
}

const texts = new WeakMap<Descriptor, string>();

// Stores give the same descriptors again, and an image may have thousands: writing them anew is most of an answer.
function jsonOf(entry: Descriptor): string {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  const text = JSON.stringify(entry);
  texts.set(entry, text);
  return text;
}
