import type { Digest } from '../content/digest.ts';
import { isSkerryError, messageOf } from '../content/error.ts';
import { contentError } from '../content/errors.ts';
import { mapLimited } from '../content/limit.ts';
import { parseReference, type Reference, tagOrDigest, tryParseReference } from '../content/reference.ts';
import type { CallOptions } from '../content/store.ts';
import type { Discovery } from './discover.ts';
import { bundleError } from './errors.ts';
import { type Accounts, NO_ACCOUNTS } from './images/accounted.ts';
import { type CandidateImage, candidatesOf } from './images/candidates.ts';
import type { Sources } from './sources.ts';

export interface PinnedImage {
  /** As it is written in manifests; of several ways that of the surest finding. */
  readonly reference: string;
  /** Every way in which manifests may write it. */
  readonly names: readonly string[];
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

/** What became of something that is an image or could be one. */
export interface ImageAccount extends Omit<CandidateImage, 'accounted'> {
  readonly state: ImageState;
  readonly pinned?: PinnedImage | undefined;
  /** Where it was asked for. */
  readonly source?: string | undefined;
  /** Why there is none: the code of the error that asking gave, e.g. IMAGE_NOT_FOUND or REGISTRY_DENIED. */
  readonly reason?: string | undefined;
  /** What the release says of it. */
  readonly note?: string | undefined;
}

/**
 * `not-found`: its source has none. `unanswered`: its source could not be asked. `not-asked`: a mere possibility, at a
 * registry that this release takes nothing from, or one of too many. `left-out`, `not-an-image`: the release says so.
 */
export type ImageState = 'taken' | 'not-found' | 'unanswered' | 'not-asked' | 'left-out' | 'not-an-image';

/** What looks like an image and was not taken. */
export interface LeftOut {
  readonly reference: string;
  readonly where: string;
  /** The code of the error that asking for it gave, e.g. IMAGE_NOT_FOUND or REGISTRY_DENIED. */
  readonly reason: string;
}

export interface PinnedImages {
  readonly images: readonly PinnedImage[];
  /** All that is or could be an image, in the order of the references. */
  readonly accounts: readonly ImageAccount[];
  readonly leftOut: readonly LeftOut[];
}

export interface PinOptions extends CallOptions {
  /** What the release says of texts that could be images. */
  readonly accounts?: Accounts | undefined;
  /** Fail on a sure image that is not there; on unless switched off. */
  readonly required?: boolean | undefined;
}

const WIDTH = 8;
/** So many mere possibilities are asked for at one registry, and no more. */
const MAX_POSSIBLE = 100;

/**
 * Asks for the digest of every image, each once. Sure ones must exist; likely and possible ones are taken if they do.
 * Throws IMAGE_NOT_FOUND, which names all that are missing and where each was found.
 */
export async function pinImages(
  sources: Sources,
  discoveries: readonly Discovery[],
  options: PinOptions = {},
): Promise<PinnedImages> {
  const candidates = candidatesOf(discoveries, options.accounts ?? NO_ACCOUNTS);
  const asking = new Asking(sources, candidates, options);
  const order = { sure: 0, likely: 1, possible: 2 };
  const bySureness = candidates.toSorted((a, b) => order[a.certainty] - order[b.certainty]);
  const answered = await mapLimited(bySureness, WIDTH, (candidate) => asking.ask(candidate));
  const accounts = answered.toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
  if (options.required !== false) await failIfMissing(sources, accounts, options);
  const pinned = withoutClashes(accounts.flatMap((account) => account.pinned ?? []));
  const byReference = new Map(pinned.map((image) => [image.reference, image]));
  return {
    images: pinned,
    accounts: accounts.map((account) => ({ ...account, pinned: byReference.get(account.reference) })),
    leftOut: accounts.filter(isLeftOut).map(({ reference, places, reason = '' }) => {
      return { reference, where: places[0]?.where ?? '', reason };
    }),
  };
}

/** A sure image that is neither taken nor said to be a mere word: no bundle can be made. */
export function isMissing({ certainty, state }: ImageAccount): boolean {
  return certainty === 'sure' && state !== 'taken' && state !== 'not-an-image';
}

/** Something likely that is neither taken nor accounted for by the release. */
export function isUnaccounted({ certainty, state }: ImageAccount): boolean {
  return certainty === 'likely' && (state === 'not-found' || state === 'unanswered');
}

function isLeftOut(account: ImageAccount): boolean {
  return isUnaccounted(account) || (account.certainty === 'possible' && account.state === 'unanswered');
}

async function failIfMissing(
  sources: Sources,
  accounts: readonly ImageAccount[],
  options: CallOptions,
): Promise<void> {
  const missing = accounts.filter(isMissing);
  const [first] = missing;
  if (first === undefined) return;
  const explained = await mapLimited(missing, WIDTH, async ({ reference, places }) => {
    const looked = await sources.explain(parseReference(reference), options);
    return `${reference} (${places[0]?.where}): ${looked}`;
  });
  throw bundleError('IMAGE_NOT_FOUND', { subject: first.reference, detail: explained.join('; ') });
}

/** The questions to the sources: those that can't be reached are asked once, those for possibilities are limited. */
class Asking {
  readonly #sources: Sources;
  readonly #options: PinOptions;
  /** Hosts from which something sure or likely comes. */
  readonly #hosts: ReadonlySet<string>;
  readonly #possible = new Map<string, number>();
  /** By source: settles with true when the first question showed that it can't be reached. */
  readonly #unreachable = new Map<string, Promise<boolean>>();

  constructor(sources: Sources, candidates: readonly CandidateImage[], options: PinOptions) {
    this.#sources = sources;
    this.#options = options;
    this.#hosts = new Set(
      candidates
        .filter(({ certainty }) => certainty !== 'possible')
        .map(({ reference }) => hostOf(reference)),
    );
  }

  async ask({ accounted, ...candidate }: CandidateImage): Promise<ImageAccount> {
    if (accounted !== undefined && accounted.as !== 'image')
      return { ...candidate, state: accounted.as, note: accounted.note };
    const given = { ...candidate, note: accounted?.note };
    if (candidate.certainty === 'possible' && !this.#isWorthwhile(candidate))
      return { ...given, state: 'not-asked' };
    const reference = parseReference(candidate.reference);
    const repository = this.#sources.add(reference);
    const source = this.#sources.sourceOf(repository);
    try {
      const pinned = await this.#once(source, candidate.certainty, () =>
        this.#pin(reference, repository, candidate),
      );
      return pinned === undefined
        ? { ...given, source, state: 'not-found', reason: 'IMAGE_NOT_FOUND' }
        : { ...given, source, state: 'taken', pinned };
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      // What only looks like an image may name a host that does not exist.
      if (candidate.certainty === 'sure' && this.#options.required !== false) throw error;
      const reason = isSkerryError(error) ? error.code : messageOf(error);
      return { ...given, source, state: 'unanswered', reason };
    }
  }

  // Possibilities come from any text: registries that have nothing to do with the release don't hear of them.
  #isWorthwhile({ reference }: CandidateImage): boolean {
    const host = hostOf(reference);
    const before = this.#possible.get(host) ?? 0;
    this.#possible.set(host, before + 1);
    return (
      before < MAX_POSSIBLE && (this.#hosts.has(host) || this.#sources.covers(parseReference(reference)))
    );
  }

  // A registry that does not answer takes long to say so. One question finds out for all but the sure ones.
  async #once<T>(source: string, certainty: Discovery['certainty'], question: () => Promise<T>): Promise<T> {
    if (certainty === 'sure') return await question();
    const first = this.#unreachable.get(source);
    if (first !== undefined) {
      if (await first) throw contentError('REGISTRY_UNREACHABLE', { subject: source });
      return await question();
    }
    const asked = question();
    const silent = asked.then(
      () => false,
      (error: unknown) => isSkerryError(error, 'REGISTRY_UNREACHABLE'),
    );
    this.#unreachable.set(source, silent);
    return await asked;
  }

  async #pin(
    reference: Reference,
    repository: string,
    { reference: text, names }: Pick<CandidateImage, 'reference' | 'names'>,
  ): Promise<PinnedImage | undefined> {
    const manifest = await this.#sources.readManifest(repository, tagOrDigest(reference), this.#options);
    if (manifest === undefined) return undefined;
    const { digest } = manifest;
    return { reference: text, names, repository, tag: tagOf(reference, digest), digest };
  }
}

function hostOf(text: string): string {
  return tryParseReference(text)?.host ?? '';
}

// Whatever index.json names needs a tag; an image that manifests name by digest alone gets one that can't clash.
function tagOf({ tag }: Reference, digest: Digest): string {
  return tag ?? pinnedTag(digest);
}

// `app:v1` and `app:v1@sha256:…` may be two images, if the tag has moved since the second was written. The tag is then
// for the one that is named by it alone.
function withoutClashes(images: readonly PinnedImage[]): PinnedImage[] {
  const byName = Map.groupBy(images, ({ repository, tag }) => `${repository}:${tag}`);
  return images.map((image) => {
    const same = byName.get(`${image.repository}:${image.tag}`) ?? [];
    const clashes = same.some(({ digest }) => digest !== image.digest);
    return clashes && image.reference.includes('@') ? { ...image, tag: pinnedTag(image.digest) } : image;
  });
}

function pinnedTag(digest: Digest): string {
  return `pinned-${digest.slice(-12)}`;
}
