import { readBlobFile } from '../../content/blob-file.ts';
import { type Descriptor, DescriptorSchema } from '../../content/descriptor.ts';
import { checkDigest, type Digest, isDigest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import type {
  BlobReader,
  BlobSource,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  TagOrDigest,
} from '../../content/store.ts';
import type { AdoptingStore, DeletableStore, FileStore, FindingStore, KnowingStore } from '../capability.ts';
import type { Log } from '../request-log.ts';
import type { BlobPool } from './blob-pool.ts';
import type { Change, Transaction } from './change.ts';
import type { ChangeLog } from './change-log.ts';
import type { Holds } from './holds.ts';
import type { ManifestCache } from './manifest-cache.ts';
import { factsOf } from './manifest-facts.ts';
import type { StoreIndex } from './store-index.ts';

export interface ServedStoreParts {
  readonly folder: string;
  readonly pool: BlobPool;
  readonly index: StoreIndex;
  readonly log: ChangeLog;
  readonly holds: Holds;
  readonly manifests: ManifestCache;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly report: Log;
  readonly release: () => void;
}

/**
 * The store behind the private registry. Blobs are plain files by digest; a log says which repository holds what and
 * under which tags; an index that follows from both makes it quick to find. A blob belongs to the repositories that it
 * was pushed to or mounted in. Deleting takes content from a repository; only garbage collection frees its bytes.
 */
export class ServedStore implements AdoptingStore, DeletableStore, FileStore, FindingStore, KnowingStore {
  readonly name: string;
  readonly parts: ServedStoreParts;
  readonly #pool: BlobPool;
  readonly #index: StoreIndex;

  constructor(parts: ServedStoreParts) {
    this.name = `store ${parts.folder}`;
    this.parts = parts;
    this.#pool = parts.pool;
    this.#index = parts.index;
  }

  /** Who asks may leave the blob out of a push because it is here: it is held for a while. */
  async statBlob(repository: string, digest: Digest): Promise<number | undefined> {
    const size = this.#index.blobSize(repository, digest);
    if (size !== undefined) this.parts.holds.hold(digest);
    return size;
  }

  async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    if (this.#index.blobSize(repository, digest) === undefined) return undefined;
    return await readBlobFile(this.#pool.pathOf(digest), options);
  }

  async locateBlob(repository: string, digest: Digest) {
    const size = this.#index.blobSize(repository, digest);
    return size === undefined ? undefined : { path: this.#pool.pathOf(digest), offset: 0, size };
  }

  async readManifest(repository: string, reference: TagOrDigest): Promise<Manifest | undefined> {
    const held = isDigest(reference)
      ? this.#index.manifestByDigest(repository, reference)
      : this.#index.manifestByTag(repository, reference);
    if (held === undefined) return undefined;
    const bytes = this.parts.manifests.get(held.digest) ?? (await this.#readManifestFile(held.digest));
    return bytes === undefined ? undefined : { ...held, bytes };
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

  async findBlob(digest: Digest): Promise<string | undefined> {
    return this.#index.repositoryOf(digest);
  }

  async listReferrers(repository: string, digest: Digest): Promise<Descriptor[]> {
    return this.#index
      .referrers(repository, digest)
      .flatMap((text) => DescriptorSchema.safeParse(tryJson(text)).data ?? []);
  }

  async writeBlob(
    repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    options: CallOptions = {},
  ): Promise<void> {
    this.parts.holds.hold(descriptor.digest);
    await this.#pool.receive(descriptor, source, options);
    await this.#keepBlob(repository, descriptor.digest, descriptor.size);
  }

  async adoptBlob(repository: string, digest: Digest, path: string): Promise<void> {
    this.parts.holds.hold(digest);
    const size = await this.#pool.adopt(digest, path);
    await this.#keepBlob(repository, digest, size);
  }

  async mountBlob(repository: string, { digest }: Descriptor, from: string): Promise<boolean> {
    const size = await this.statBlob(from, digest);
    if (size === undefined) return false;
    await this.#keepBlob(repository, digest, size);
    return true;
  }

  async writeManifest(repository: string, reference: TagOrDigest, manifest: Manifest): Promise<void> {
    const { digest, mediaType, bytes } = manifest;
    const name = `${repository}@${digest}`;
    checkDigest(digest, bytes, name);
    const facts = factsOf(manifest, name);
    const { holds } = this.parts;
    for (const each of [digest, ...facts.blobs, ...facts.manifests]) holds.hold(each);
    await this.#pool.put(digest, bytes);
    const at = this.parts.clock();
    const changes: Change[] = [{ op: 'manifest', repository, digest, mediaType, at }];
    if (!isDigest(reference)) changes.push({ op: 'tag', repository, tag: reference, digest, at });
    await this.parts.log.append({ changes, facts });
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    if (this.#index.manifestByDigest(repository, digest) === undefined) return false;
    await this.commit([{ op: 'drop-manifest', repository, digest, at: this.parts.clock() }]);
    return true;
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    if (this.#index.manifestByTag(repository, tag) === undefined) return false;
    await this.commit([{ op: 'drop-tag', repository, tag, at: this.parts.clock() }]);
    return true;
  }

  async deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    if (!this.#index.holdsBlob(repository, digest)) return false;
    await this.commit([{ op: 'drop-blob', repository, digest, at: this.parts.clock() }]);
    return true;
  }

  /** Makes changes durable, then visible. Throws DISK_FULL; then none of them happened. */
  async commit(changes: Transaction): Promise<void> {
    await this.parts.log.append({ changes });
  }

  /** Takes a rotten file out of service. Its digest is missing from now on, until it is pushed again or repaired. */
  async quarantine(digest: Digest, reason: string): Promise<void> {
    await this.#pool.alone(digest, async () => {
      this.parts.manifests.drop(digest);
      this.#index.setFile(digest, undefined);
      await this.#pool.quarantine(digest);
    });
    const time = new Date(this.parts.clock()).toISOString();
    this.parts.report({ time, event: 'blob-quarantined', digest, reason });
  }

  /** Ends what is being written and lets go of the folder. */
  async close(): Promise<void> {
    await this.parts.log.close();
    this.#index.close();
    this.parts.release();
  }

  async #keepBlob(repository: string, digest: Digest, size: number): Promise<void> {
    await this.commit([{ op: 'blob', repository, digest, size, at: this.parts.clock() }]);
  }

  async #readManifestFile(digest: Digest): Promise<Uint8Array | undefined> {
    const bytes = await this.#pool.read(digest);
    if (bytes === undefined) return undefined;
    try {
      checkDigest(digest, bytes, this.#pool.pathOf(digest));
    } catch (error) {
      if (!isSkerryError(error, 'DIGEST_MISMATCH')) throw error;
      await this.quarantine(digest, 'its bytes are not those of its digest');
      return undefined;
    }
    this.parts.manifests.put(digest, bytes);
    return bytes;
  }
}
