import { readBlobFile } from '../../content/bytes/blob-file.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';
import type {
  BlobReader,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  TagOrDigest,
} from '../../content/store.ts';
import type {
  FileStore,
  FindingStore,
  FoundManifest,
  KnowingStore,
  MeasuredStore,
  PagingStore,
  PinningStore,
  ReferrersPage,
  RevisedStore,
  SizingStore,
  SmallBlobStore,
  StoreMeasure,
  WhichReferrers,
} from '../capability.ts';
import type { HeldManifest } from './content-index.ts';
import type { BlobPool } from './files/blob-pool.ts';
import type { StoreIndex } from './index/store-index.ts';
import { Lookups } from './manifests/lookups.ts';
import type { ManifestCache } from './manifests/manifest-cache.ts';
import { ManifestReader } from './manifests/manifest-reader.ts';
import { ReferrerPages } from './manifests/referrer-pages.ts';
import type { Pins } from './pins.ts';
import type { Quarantine } from './quarantine.ts';

/** Bytes up to which a blob is kept in memory as manifests are: configs and signatures, which every node asks for. */
const SMALL_BLOB = 64 * 1024;
/** Blobs whose size is kept in memory. */
const MOST_SIZES = 5000;

export interface StoreReaderParts {
  readonly folder: string;
  readonly files: BlobPool;
  readonly index: StoreIndex;
  readonly manifests: ManifestCache;
  readonly pins: Pins;
}

/** What a store holds, by its index: nothing is changed but what is pinned while somebody has it. */
export class StoreReader
  implements
    FileStore,
    FindingStore,
    PinningStore,
    KnowingStore,
    MeasuredStore,
    PagingStore,
    RevisedStore,
    SizingStore,
    SmallBlobStore
{
  readonly name: string;
  readonly isLocal = true;
  readonly folder: string;
  readonly smallBlob = SMALL_BLOB;
  readonly pins: Pins;
  readonly #files: BlobPool;
  readonly #index: StoreIndex;
  readonly #manifests: ManifestReader;
  readonly #referrers: ReferrerPages;
  /** By repository and digest. */
  readonly #sizes: Lookups<number>;

  constructor({ folder, files, index, manifests, pins }: StoreReaderParts, quarantine: Quarantine) {
    this.name = `store ${folder}`;
    this.folder = folder;
    this.pins = pins;
    this.#files = files;
    this.#index = index;
    this.#referrers = new ReferrerPages(index);
    this.#sizes = new Lookups(index, MOST_SIZES);
    this.#manifests = new ManifestReader({ files, index, cache: manifests, quarantine });
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

  async measure(): Promise<StoreMeasure> {
    const quarantined = await this.#files.listQuarantine();
    const rotten = quarantined.filter((digest) => this.#index.fileSize(digest) === undefined).length;
    return { ...this.#index.totals(), rotten };
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
