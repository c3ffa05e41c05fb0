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
  const tagged = await taggedReferrers(store, route, known, { signal });
  const all = tagged.length === 0 ? known : [...known, ...tagged];
  const { body, next } = answerOf(all, artifactType, query.get('last') ?? undefined);
  sendBytes(exchange, 200, body, {
    'content-type': MediaType.index,
    ...(artifactType === undefined ? {} : { 'oci-filters-applied': 'artifactType' }),
    ...(next === undefined
      ? {}
      : linkToNext(`/v2/${repository}/referrers/${digest}`, { artifactType, last: next })),
  });
}

interface ReferrersAnswer {
  readonly body: Buffer;
  readonly next: string | undefined;
}

/** Answers to who wants all of a list, for as long as its store gives that very list. */
const answers = new WeakMap<readonly Descriptor[], ReferrersAnswer>();

function answerOf(
  all: readonly Descriptor[],
  artifactType: string | undefined,
  last: string | undefined,
): ReferrersAnswer {
  if (artifactType !== undefined)
    return makeAnswer(
      all.filter((entry) => entry.artifactType === artifactType),
      last,
    );
  if (last !== undefined) return makeAnswer(all, last);
  const answer = answers.get(all) ?? makeAnswer(all, last);
  answers.set(all, answer);
  return answer;
}

function makeAnswer(wanted: readonly Descriptor[], last: string | undefined): ReferrersAnswer {
  const { entries, next } = referrersPage(wanted, last, MAX_MANIFEST_BYTES - 1024);
  const body = JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, manifests: entries });
  return { body: Buffer.from(body), next };
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
    size += Buffer.byteLength(JSON.stringify(entry)) + 1;
    return size > room && index > 0;
  });
  const entries = end === -1 ? rest : rest.slice(0, end);
  return { entries, next: end === -1 ? undefined : entries.at(-1)?.digest };
}
