import type { Digest } from '../content/digest.ts';
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

const WIDTH = 8;

/**
 * Asks for the digest of every image. Sure ones must exist; possible ones are taken if they do.
 * Throws IMAGE_NOT_FOUND, which names all that are missing and where each was found.
 */
export async function pinImages(
  sources: Sources,
  discoveries: readonly Discovery[],
  options: CallOptions = {},
): Promise<PinnedImage[]> {
  const byReference = [...Map.groupBy(discoveries, ({ reference }) => reference).values()];
  const missing: Discovery[] = [];
  const pinned = await mapLimited(byReference, WIDTH, async (group) => {
    const [first] = group;
    if (first === undefined) return undefined;
    const sure = group.find(({ certainty }) => certainty === 'sure');
    const image = await pin(sources, first.reference, options).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      // What only looks like an image may name a host that does not exist.
      if (sure === undefined) return undefined;
      throw error;
    });
    if (image === undefined && sure !== undefined) missing.push(sure);
    return image;
  });
  const [first] = missing;
  if (first !== undefined) {
    const detail = missing.map(({ reference, where }) => `${reference} (${where})`).join('; ');
    throw bundleError('IMAGE_NOT_FOUND', { subject: first.reference, detail });
  }
  return pinned.filter((image) => image !== undefined).sort((a, b) => (a.reference < b.reference ? -1 : 1));
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
  return tag ?? `pinned-${digest.slice(-12)}`;
}
