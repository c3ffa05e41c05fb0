import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { isSkerryError } from './error.ts';
import { type ManifestContent, parseManifest } from './manifest.ts';
import type { Manifest } from './store.ts';

/**
 * Finds the manifests whose subject is a digest among the entries of an `index.json`. Each entry is read once: what a
 * digest names never changes.
 */
export class Referrers {
  readonly #seen = new Map<Digest, { subject: Digest | undefined; descriptor: Descriptor }>();

  async of(
    subject: Digest,
    entries: readonly Descriptor[],
    read: (entry: Descriptor) => Promise<Manifest | undefined>,
  ): Promise<Descriptor[]> {
    const found = new Map<Digest, Descriptor>();
    for (const entry of entries) {
      const known = this.#seen.get(entry.digest) ?? (await this.#look(entry, read));
      if (known?.subject === subject) found.set(entry.digest, known.descriptor);
    }
    return [...found.values()];
  }

  async #look(entry: Descriptor, read: (entry: Descriptor) => Promise<Manifest | undefined>) {
    const manifest = await read(entry);
    if (manifest === undefined) return undefined;
    const content = tryParse(manifest, entry);
    const descriptor = content === undefined ? entry : referrerDescriptor(manifest, content);
    const seen = { subject: content?.subject?.digest, descriptor };
    this.#seen.set(entry.digest, seen);
    return seen;
  }
}

// An index may name things of any kind (image-spec, image-index.md). What is no manifest refers to nothing.
function tryParse(manifest: Manifest, entry: Descriptor): ManifestContent | undefined {
  try {
    return parseManifest(manifest, entry.digest);
  } catch (error) {
    if (isSkerryError(error, 'MANIFEST_INVALID')) return undefined;
    throw error;
  }
}

/**
 * How a referrer is listed (distribution-spec, "Listing Referrers"): with its artifactType, or the media type of its
 * config where it has none, and with its annotations.
 */
export function referrerDescriptor(manifest: Manifest, content: ManifestContent): Descriptor {
  const artifactType = content.artifactType ?? content.config?.mediaType;
  return {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.byteLength,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(content.annotations === undefined ? {} : { annotations: content.annotations }),
  };
}
