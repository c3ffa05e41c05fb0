import { readBlobFile } from '../../content/bytes/blob-file.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';
import type {
  BlobReader,
  BlobSource,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  TagOrDigest,
} from '../../content/store.ts';
import type {
  AdoptingStore,
  DeletableStore,
  FileStore,
  FindingStore,
  FoundManifest,
  KnowingStore,
  MeasuredStore,
  PagingStore,
  PinningStore,
  ProbedStore,
  RecheckingStore,
  ReferrersPage,
  RevisedStore,
  SizingStore,
  SmallBlobStore,
  StoreMeasure,
  WhichReferrers,
} from '../capability.ts';
import type { Log } from '../log.ts';
import type { ContentIndex, HeldManifest } from './content-index.ts';
import type { BlobFiles } from './files/blob-files.ts';
import type { BlobPool } from './files/blob-pool.ts';
import type { StoreIndex } from './index/store-index.ts';
import type { Transaction } from './log/change.ts';
import type { StoreLog } from './log/store-log.ts';
import { Lookups } from './manifests/lookups.ts';
import type { ManifestCache } from './manifests/manifest-cache.ts';
import { ManifestReader } from './manifests/manifest-reader.ts';
import { ReferrerPages } from './manifests/referrer-pages.ts';
import type { Pins } from './pins.ts';
import { Quarantine } from './quarantine.ts';
import { StoreWriter, type StoreWriterParts } from './store-writer.ts';

/** Bytes up to which a blob is kept in memory as manifests are: configs and signatures, which every node asks for. */
const SMALL_BLOB = 64 * 1024;
/** Blobs whose size is kept in memory. */
const MOST_SIZES = 5000;

/** What a store is made of; `open.ts` puts it together. */
export interface ServedStoreParts extends StoreWriterParts {
  readonly folder: string;
  readonly manifests: ManifestCache;
  readonly report: Log;
  readonly release: () => void;
}

/**
 * The store behind the private registry. Blobs are plain files by digest; a log says which repository holds what and
 * under which tags; an index that follows from both makes it quick to find. A blob belongs to the repositories that it
 * was pushed to or mounted in. Deleting takes content from a repository; only garbage collection frees its bytes.
 */
export class ServedStore
  implements
    AdoptingStore,
    DeletableStore,
    RecheckingStore,
    FileStore,
    FindingStore,
    PinningStore,
    KnowingStore,
    MeasuredStore,
    PagingStore,
    ProbedStore,
    RevisedStore,
    SizingStore,
    SmallBlobStore
{
  readonly name: string;
  readonly isLocal = true;
  readonly folder: string;
  readonly smallBlob = SMALL_BLOB;
  // The ports for garbage collection, scrub and usage.
  readonly files: BlobFiles;
  readonly index: ContentIndex;
  readonly log: StoreLog;
  readonly pins: Pins;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly #parts: ServedStoreParts;
  readonly #files: BlobPool;
  readonly #index: StoreIndex;
  readonly #quarantine: Quarantine;
  readonly #writer: StoreWriter;
  readonly #manifests: ManifestReader;
  readonly #referrers: ReferrerPages;
  /** By repository and digest. */
  readonly #sizes: Lookups<number>;

  constructor(parts: ServedStoreParts) {
    this.name = `store ${parts.folder}`;
    this.folder = parts.folder;
    this.files = parts.files;
    this.index = parts.index;
    this.log = parts.log;
    this.pins = parts.pins;
    this.clock = parts.clock;
    this.#parts = parts;
    this.#files = parts.files;
    this.#index = parts.index;
    this.#referrers = new ReferrerPages(parts.index);
    this.#sizes = new Lookups(parts.index, MOST_SIZES);
    this.#quarantine = new Quarantine(parts);
    this.#writer = new StoreWriter(parts, this.#quarantine);
    this.#manifests = new ManifestReader({
      files: parts.files,
      index: parts.index,
      cache: parts.manifests,
      quarantine: this.#quarantine,
    });
  }

  get revision(): number {
    return this.#index.revision;
  }

  async statBlob(repository: string, digest: Digest): Promise<number | undefined> {
    return this.#blobSize(repository, digest);
  }

  async statAndPinBlob(
    repository: string,
    digest: Digest,
    { by }: CallOptions = {},
  ): Promise<number | undefined> {
    const size = this.#index.blobSize(repository, digest);
    if (size !== undefined) this.pins.pin(repository, digest, by);
    return size;
  }

  async pinDuring<T>(digests: readonly Digest[], work: () => Promise<T>): Promise<T> {
    return await this.pins.during(digests, work);
  }

  async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    if (this.#index.blobSize(repository, digest) === undefined) return undefined;
    return await readBlobFile(this.#files.pathOf(digest), options);
  }

  async readSmallBlob(digest: Digest): Promise<Uint8Array | undefined> {
    return await this.#manifests.readBytes(digest);
  }

  async locateBlob(repository: string, digest: Digest) {
    const size = this.#blobSize(repository, digest);
    return size === undefined ? undefined : { path: this.#files.pathOf(digest), offset: 0, size };
  }

  async resolveManifest(repository: string, reference: TagOrDigest): Promise<Descriptor | undefined> {
    const held = this.#manifests.find(repository, reference);
    const size = held && this.#index.fileSize(held.digest);
    return held && size !== undefined ? { digest: held.digest, mediaType: held.mediaType, size } : undefined;
  }

  async readManifest(repository: string, reference: TagOrDigest): Promise<Manifest | undefined> {
    return await this.#manifests.read(this.#manifests.find(repository, reference));
  }

  async readAndPinManifest(
    repository: string,
    reference: TagOrDigest,
    { by }: CallOptions = {},
  ): Promise<Manifest | undefined> {
    return await this.#manifests.read(this.#findAndPin(repository, reference, by));
  }

  async findAndPinManifest(
    repository: string,
    reference: TagOrDigest,
    { by }: CallOptions = {},
  ): Promise<FoundManifest | undefined> {
    const held = this.#findAndPin(repository, reference, by);
    return held && { ...held, size: this.#index.fileSize(held.digest) };
  }

  async readFoundManifest({ digest, mediaType }: FoundManifest): Promise<Manifest | undefined> {
    return await this.#manifests.read({ digest, mediaType });
  }

  async listTags(repository: string, { after = '', limit = -1 }: PageOptions = {}): Promise<string[]> {
    return this.#index.tags(repository, after, limit);
  }

  async listRepositories({ after = '', limit = -1 }: PageOptions = {}): Promise<string[]> {
    return this.#index.repositories(after, limit);
  }

  async hasRepository(repository: string): Promise<boolean> {
    return this.#index.hasRepository(repository);
  }

  async findBlob(digest: Digest, limit: number): Promise<string[]> {
    return this.#index.repositoriesOf(digest, limit);
  }

  async listReferrers(repository: string, digest: Digest): Promise<readonly Descriptor[]> {
    return this.#referrers.list(repository, digest);
  }

  async pageReferrers(repository: string, digest: Digest, which: WhichReferrers): Promise<ReferrersPage> {
    return this.#referrers.page(repository, digest, which);
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

  async measure(): Promise<StoreMeasure> {
    const quarantined = await this.#files.listQuarantine();
    const rotten = quarantined.filter((digest) => this.#index.fileSize(digest) === undefined).length;
    return { ...this.#index.totals(), rotten };
  }

  async troubleWriting(): Promise<string | undefined> {
    if (this.#parts.log.hasFailed) return 'its log could not be mended after the disk failed';
    return await this.#files.troubleWriting();
  }

  /** Ends what is being written and unlocks the folder. */
  async close(): Promise<void> {
    try {
      await this.#parts.log.close();
    } finally {
      this.#index.close();
      this.#parts.release();
    }
  }

  #findAndPin(repository: string, reference: TagOrDigest, by: string | undefined): HeldManifest | undefined {
    const held = this.#manifests.find(repository, reference);
    if (held !== undefined) this.pins.pin(repository, held.digest, by);
    return held;
  }

  #blobSize(repository: string, digest: Digest): number | undefined {
    return this.#sizes.find(`${repository}@${digest}`, () => this.#index.blobSize(repository, digest));
  }
}
