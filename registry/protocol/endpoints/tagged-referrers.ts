import { referrersTag } from '../../../content/companion-tag.ts';
import type { Descriptor } from '../../../content/descriptor.ts';
import type { Digest } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import { type ManifestContent, parseManifest } from '../../../content/manifest.ts';
import { isIndexType } from '../../../content/media-type.ts';
import { referrerDescriptor } from '../../../content/referrers.ts';
import type { CallOptions, Manifest, Store } from '../../../content/store.ts';

/**
 * Referrers that clients have listed themselves, in an index under the tag of their subject, as they do with registries
 * that list none. "Registries MUST include preexisting image manifests that are listed in an image index tagged with
 * the referrers tag schema and have a valid subject field" (distribution-spec, "Enabling the Referrers API"). What is in
 * `known` already is not looked at again.
 */
export async function taggedReferrers(
  store: Store,
  { repository, digest }: { readonly repository: string; readonly digest: Digest },
  known: readonly Descriptor[],
  options: CallOptions,
): Promise<Descriptor[]> {
  const index = await store.readManifest(repository, referrersTag(digest), options);
  const entries = entriesOf(index);
  if (entries.length === 0) return [];
  const seen = new Set(known.map((entry) => entry.digest));
  const listed = new Set(entries.flatMap((entry) => (seen.has(entry.digest) ? [] : [entry.digest])));
  const found = await mapLimited([...listed].slice(0, MAX_LOOKED_AT), AT_ONCE, async (each) => {
    const manifest = await store.readManifest(repository, each, options);
    const content = manifest === undefined ? undefined : contentOf(manifest);
    return manifest !== undefined && content?.subject?.digest === digest
      ? [referrerDescriptor(manifest, content)]
      : [];
  });
  return found.flat();
}

/** Manifests that are read for one answer, at most; each that a client pushed with a subject is known without. */
const MAX_LOOKED_AT = 1000;
const AT_ONCE = 16;

function entriesOf(index: Manifest | undefined): readonly Descriptor[] {
  if (index === undefined || !isIndexType(index.mediaType)) return [];
  return contentOf(index)?.manifests ?? [];
}

function contentOf(manifest: Manifest): ManifestContent | undefined {
  try {
    return parseManifest(manifest, manifest.digest);
  } catch (error) {
    if (isSkerryError(error, 'MANIFEST_INVALID')) return undefined;
    throw error;
  }
}
