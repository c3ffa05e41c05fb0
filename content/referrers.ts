import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { isSkerryError } from './error.ts';
import { type ManifestContent, parseManifest } from './manifest.ts';
import type { Manifest } from './store.ts';

/**
 * Finds the manifests whose subject is a digest among the entries of an `index.json`. Each entry is read once: what a
 * digest names never changes. Asked again about the same entries, it looks at none of them.
 */
export class Referrers {
  readonly #seen = new Map<Digest, Seen>();
  #groups: { readonly of: readonly Descriptor[]; readonly bySubject: Promise<Groups> } | undefined;

  async of(subject: Digest, entries: readonly Descriptor[], read: Read): Promise<Descriptor[]> {
    if (this.#groups?.of !== entries) this.#groups = { of: entries, bySubject: this.#group(entries, read) };
    const { bySubject } = this.#groups;
    try {
      return [...((await bySubject).get(subject)?.values() ?? [])];
    } catch (error) {
      if (this.#groups?.bySubject === bySubject) this.#groups = undefined;
      throw error;
    }
  }

  async #group(entries: readonly Descriptor[], read: Read): Promise<Groups> {
    const groups = new Map<Digest, Map<Digest, Descriptor>>();
    for (const entry of entries) {
      const known = this.#seen.get(entry.digest) ?? (await this.#look(entry, read));
      // What is not there may come later, under an index that stays as it is.
      if (known === undefined && this.#groups?.of === entries) this.#groups = undefined;
      if (known?.subject === undefined) continue;
      const group = groups.get(known.subject) ?? new Map<Digest, Descriptor>();
      groups.set(known.subject, group.set(entry.digest, known.descriptor));
    }
    return groups;
  }

  async #look(entry: Descriptor, read: Read): Promise<Seen | undefined> {
    const manifest = await read(entry);
    if (manifest === undefined) return undefined;
    const content = tryParse(manifest, entry);
    const descriptor = content === undefined ? entry : referrerDescriptor(manifest, content);
    const seen = { subject: content?.subject?.digest, descriptor };
    this.#seen.set(entry.digest, seen);
    return seen;
  }
}

interface Seen {
  readonly subject: Digest | undefined;
  readonly descriptor: Descriptor;
}

type Groups = ReadonlyMap<Digest, ReadonlyMap<Digest, Descriptor>>;
type Read = (entry: Descriptor) => Promise<Manifest | undefined>;

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
  const artifactType = content.artifactType || content.config?.mediaType;
  return {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.byteLength,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(content.annotations === undefined ? {} : { annotations: content.annotations }),
  };
}
