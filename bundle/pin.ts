import type { Digest } from '../content/digest.ts';
import { isSkerryError, messageOf } from '../content/error.ts';
import { mapLimited } from '../content/limit.ts';
import { parseReference, type Reference, tagOrDigest } from '../content/reference.ts';
import type { CallOptions } from '../content/store.ts';
import type { Discovery } from './discover.ts';
import { bundleError } from './errors.ts';
import type { Sources } from './sources.ts';

export interface PinnedImage {
  /** As it is written in manifests. */
  readonly reference: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

/** What looks like an image and was not taken. */
export interface LeftOut {
  readonly reference: string;
  readonly where: string;
  /** The code of the error that asking for it gave, e.g. IMAGE_NOT_FOUND or REGISTRY_DENIED. */
  readonly reason: string;
}

export interface PinnedImages {
  readonly images: readonly PinnedImage[];
  readonly leftOut: readonly LeftOut[];
}

const WIDTH = 8;

/**
 * Asks for the digest of every image. Sure ones must exist; possible ones are taken if they do.
 * Throws IMAGE_NOT_FOUND, which names all that are missing and where each was found.
 */
export async function pinImages(
  sources: Sources,
  discoveries: readonly Discovery[],
  options: CallOptions = {},
): Promise<PinnedImages> {
  const asked = await mapLimited(surestOfEach(discoveries), WIDTH, async (found) => ({
    found,
    answer: await ask(sources, found, options),
  }));
  const absent = asked.flatMap(({ found, answer }) =>
    typeof answer === 'string' ? [{ ...found, reason: answer }] : [],
  );
  const missing = absent.filter(({ certainty }) => certainty === 'sure');
  const [first] = missing;
  if (first !== undefined) {
    const detail = missing.map(({ reference, where }) => `${reference} (${where})`).join('; ');
    throw bundleError('IMAGE_NOT_FOUND', { subject: first.reference, detail });
  }
  return {
    images: withoutClashes(asked.flatMap(({ answer }) => (typeof answer === 'string' ? [] : [answer]))),
    leftOut: absent.map(({ reference, where, reason }) => ({ reference, where, reason })),
  };
}

/** One discovery of each reference, a sure one where there is one, in the order of the references. */
function surestOfEach(discoveries: readonly Discovery[]): Discovery[] {
  const byReference = new Map<string, Discovery>();
  for (const discovery of discoveries) {
    const known = byReference.get(discovery.reference);
    if (known === undefined || (known.certainty !== 'sure' && discovery.certainty === 'sure'))
      byReference.set(discovery.reference, discovery);
  }
  return [...byReference.values()].sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

/** The image, or the reason why there is none. */
async function ask(
  sources: Sources,
  { reference, certainty }: Discovery,
  options: CallOptions,
): Promise<PinnedImage | string> {
  try {
    return (await pin(sources, reference, options)) ?? 'IMAGE_NOT_FOUND';
  } catch (error) {
    options.signal?.throwIfAborted();
    // What only looks like an image may name a host that does not exist.
    if (certainty === 'sure') throw error;
    return isSkerryError(error) ? error.code : messageOf(error);
  }
}

async function pin(sources: Sources, text: string, options: CallOptions): Promise<PinnedImage | undefined> {
  const reference = parseReference(text);
  const repository = sources.add(reference);
  const manifest = await sources.readManifest(repository, tagOrDigest(reference), options);
  if (manifest === undefined) return undefined;
  return { reference: text, repository, tag: tagOf(reference, manifest.digest), digest: manifest.digest };
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
