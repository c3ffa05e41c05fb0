import type { Descriptor } from '../descriptor.ts';
import { checkDigest, type Digest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { descriptorOf, MAX_MANIFEST_BYTES, mediaTypeOfManifest } from '../manifest.ts';
import { Referrers } from '../referrers.ts';
import type { Manifest, PageOptions, TagOrDigest } from '../store.ts';
import type { LayoutNames } from './layout-names.ts';

/** Where a layout keeps its blobs: files in a folder, or inside a tar. */
export interface LayoutBlobs {
  /** For messages, where the blob is. */
  placeOf(digest: Digest): string;
  /** Undefined when it is not there. */
  sizeOf(digest: Digest): Promise<number | undefined>;
  /** All of a blob that is there and small. */
  readWhole(digest: Digest): Promise<Uint8Array>;
}

/** Manifests, tags and referrers of an OCI image layout (image-spec, image-layout.md), wherever its blobs are. */
export class LayoutReader {
  readonly isLocal = true;
  readonly names: LayoutNames;
  readonly #blobs: LayoutBlobs;
  readonly #referrers = new Referrers();

  constructor(names: LayoutNames, blobs: LayoutBlobs) {
    this.names = names;
    this.#blobs = blobs;
  }

  async resolveManifest(repository: string, reference: TagOrDigest): Promise<Descriptor | undefined> {
    const found = this.names.find(repository, reference);
    if (found === undefined) return undefined;
    const { digest, mediaType, size } = found;
    const isThere = size !== undefined && (await this.#blobs.sizeOf(digest)) === size;
    if (isThere && mediaType !== undefined) return { mediaType, digest, size };
    const manifest = await this.#manifest(digest, mediaType);
    return manifest && descriptorOf(manifest);
  }

  async readManifest(repository: string, reference: TagOrDigest): Promise<Manifest | undefined> {
    const found = this.names.find(repository, reference);
    return found && (await this.#manifest(found.digest, found.mediaType));
  }

  async listTags(repository: string, options: PageOptions = {}): Promise<string[]> {
    return this.names.listTags(repository, options);
  }

  async listRepositories(options: PageOptions = {}): Promise<string[]> {
    return this.names.listRepositories(options);
  }

  async hasRepository(repository: string): Promise<boolean> {
    return this.names.hasRepository(repository);
  }

  async listReferrers(_repository: string, digest: Digest): Promise<Descriptor[]> {
    return await this.#referrers.of(digest, this.names.index, (entry) =>
      this.#manifest(entry.digest, entry.mediaType),
    );
  }

  async #manifest(digest: Digest, mediaType: string | undefined): Promise<Manifest | undefined> {
    const size = await this.#blobs.sizeOf(digest);
    if (size === undefined || size > MAX_MANIFEST_BYTES) return undefined;
    const bytes = await this.#blobs.readWhole(digest);
    checkDigest(digest, bytes, this.#blobs.placeOf(digest));
    try {
      return { digest, bytes, mediaType: mediaTypeOfManifest(bytes, digest, mediaType) };
    } catch (error) {
      // Any small blob may be asked for by its digest; one that is no manifest is not found as one.
      if (isSkerryError(error, 'MANIFEST_INVALID')) return undefined;
      throw error;
    }
  }
}
