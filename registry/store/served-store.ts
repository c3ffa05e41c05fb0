import type { Descriptor } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';
import type { BlobSource, CallOptions, Manifest, TagOrDigest } from '../../content/store.ts';
import type { AdoptingStore, DeletableStore, ProbedStore, RecheckingStore } from '../capability.ts';
import type { Log } from '../log.ts';
import type { ContentIndex } from './content-index.ts';
import type { BlobFiles } from './files/blob-files.ts';
import type { Transaction } from './log/change.ts';
import type { StoreLog } from './log/store-log.ts';
import { Quarantine } from './quarantine.ts';
import { StoreReader, type StoreReaderParts } from './store-reader.ts';
import { StoreWriter, type StoreWriterParts } from './store-writer.ts';

/** What a store is made of; `open.ts` puts it together. */
export interface ServedStoreParts extends StoreWriterParts, StoreReaderParts {
  readonly report: Log;
  readonly release: () => void;
}

/**
 * The store behind the private registry. Blobs are plain files by digest; a log says which repository holds what and
 * under which tags; an index that follows from both makes it quick to find. A blob belongs to the repositories that it
 * was pushed to or mounted in. Deleting takes content from a repository; only garbage collection frees its bytes.
 */
export class ServedStore
  extends StoreReader
  implements AdoptingStore, DeletableStore, RecheckingStore, ProbedStore
{
  // The ports for garbage collection, scrub and usage.
  readonly files: BlobFiles;
  readonly index: ContentIndex;
  readonly log: StoreLog;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly #parts: ServedStoreParts;
  readonly #quarantine: Quarantine;
  readonly #writer: StoreWriter;

  constructor(parts: ServedStoreParts) {
    const quarantine = new Quarantine(parts);
    super(parts, quarantine);
    this.files = parts.files;
    this.index = parts.index;
    this.log = parts.log;
    this.clock = parts.clock;
    this.#parts = parts;
    this.#quarantine = quarantine;
    this.#writer = new StoreWriter(parts, quarantine);
  }

  async writeBlob(
    repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    options?: CallOptions,
  ): Promise<void> {
    await this.#writer.writeBlob(repository, descriptor, source, options);
  }

  async adoptBlob(repository: string, digest: Digest, path: string, options?: CallOptions): Promise<void> {
    await this.#writer.adoptBlob(repository, digest, path, options);
  }

  async mountBlob(
    repository: string,
    descriptor: Descriptor,
    from: string,
    options?: CallOptions,
  ): Promise<boolean> {
    return await this.#writer.mountBlob(repository, descriptor, from, options);
  }

  async writeManifest(
    repository: string,
    reference: TagOrDigest,
    manifest: Manifest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#writer.writeManifest(repository, reference, manifest, options);
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    return await this.#writer.deleteManifest(repository, digest);
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return await this.#writer.deleteTag(repository, tag);
  }

  async deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    return await this.#writer.deleteBlob(repository, digest);
  }

  /** See StoreWriter.commit. */
  async commit(changes: Transaction): Promise<void> {
    await this.#writer.commit(changes);
  }

  /** See Ballast.trim. */
  async trimBallast(): Promise<void> {
    await this.#parts.ballast.trim();
  }

  /** See Quarantine.take. */
  async quarantine(digest: Digest, reason: string, isCorrupt?: () => Promise<boolean>): Promise<boolean> {
    return await this.#quarantine.take(digest, reason, isCorrupt);
  }

  async recheck(digest: Digest): Promise<void> {
    await this.#quarantine.recheck(digest);
  }

  async troubleWriting(): Promise<string | undefined> {
    if (this.#parts.log.hasFailed) return 'its log could not be mended after the disk failed';
    return await this.#parts.files.troubleWriting();
  }

  /** Ends what is being written and unlocks the folder. */
  async close(): Promise<void> {
    try {
      await this.#parts.log.close();
    } finally {
      this.#parts.index.close();
      this.#parts.release();
    }
  }
}
