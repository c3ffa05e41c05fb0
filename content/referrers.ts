import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
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
    const content = parseManifest(manifest, entry.digest);
    const seen = { subject: content.subject?.digest, descriptor: referrerDescriptor(manifest, content) };
    this.#seen.set(entry.digest, seen);
    return seen;
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
