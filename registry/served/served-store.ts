import { readBlobFile } from '../../content/blob-file.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { checkDigest, type Digest, isDigest } from '../../content/digest.ts';
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
  DoubtingStore,
  FileStore,
  FindingStore,
  HoldingStore,
  KnowingStore,
  MeasuredStore,
  PagingStore,
  ProbedStore,
  StoreMeasure,
} from '../capability.ts';
import { companionTags } from '../collection/companion-tag.ts';
import type { ReferrersPage, WhichReferrers } from '../referrers-page.ts';
import type { Log } from '../request-log.ts';
import type { Ballast } from './ballast.ts';
import type { BlobPool } from './blob-pool.ts';
import type { Change, Transaction } from './change.ts';
import type { ChangeLog } from './change-log.ts';
import type { Holds } from './holds.ts';
import type { ManifestCache } from './manifest-cache.ts';
import { factsOf } from './manifest-facts.ts';
import { ManifestReader } from './manifest-reader.ts';
import { Quarantine } from './quarantine.ts';
import { ReferrerPages } from './referrer-pages.ts';
import type { StoreIndex } from './store-index.ts';

export interface ServedStoreParts {
  readonly folder: string;
  readonly pool: BlobPool;
  readonly ballast: Ballast;
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
export class ServedStore
  implements
    AdoptingStore,
    DeletableStore,
    DoubtingStore,
    FileStore,
    FindingStore,
    HoldingStore,
    KnowingStore,
    MeasuredStore,
    PagingStore,
    ProbedStore
{
  readonly name: string;
  readonly parts: ServedStoreParts;
  readonly #pool: BlobPool;
  readonly #index: StoreIndex;
  readonly #quarantine: Quarantine;
  readonly #manifests: ManifestReader;
  readonly #referrers: ReferrerPages;

  constructor(parts: ServedStoreParts) {
    this.name = `store ${parts.folder}`;
    this.parts = parts;
    this.#pool = parts.pool;
    this.#index = parts.index;
    this.#referrers = new ReferrerPages(parts.index);
    this.#quarantine = new Quarantine(parts);
    this.#manifests = new ManifestReader(parts, this.#quarantine);
  }

  async statBlob(repository: string, digest: Digest): Promise<number | undefined> {
    return this.#index.blobSize(repository, digest);
  }

  async statBlobToKeep(
    repository: string,
    digest: Digest,
    { by }: CallOptions = {},
  ): Promise<number | undefined> {
    const size = this.#index.blobSize(repository, digest);
    if (size !== undefined) this.parts.holds.hold(repository, digest, by);
    return size;
  }

  async holdDuring<T>(digests: readonly Digest[], work: () => Promise<T>): Promise<T> {
    return await this.parts.holds.during(digests, work);
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
    return await this.#manifests.read(this.#manifests.find(repository, reference));
  }

  async readManifestToKeep(
    repository: string,
    reference: TagOrDigest,
    { by }: CallOptions = {},
  ): Promise<Manifest | undefined> {
    const held = this.#manifests.find(repository, reference);
    if (held !== undefined) this.parts.holds.hold(repository, held.digest, by);
    return await this.#manifests.read(held);
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
    options: CallOptions = {},
  ): Promise<void> {
    const { digest, size } = descriptor;
    await this.#bring(digest, [digest], async () => {
      await this.#pool.receive(descriptor, source, this.#isHere, options);
      await this.#keepBlob(repository, { digest, size }, options);
    });
  }

  async adoptBlob(
    repository: string,
    digest: Digest,
    path: string,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#bring(digest, [digest], async () => {
      const size = await this.#pool.adopt(digest, path);
      await this.#keepBlob(repository, { digest, size }, options);
    });
  }

  async mountBlob(
    repository: string,
    { digest }: Descriptor,
    from: string,
    options: CallOptions = {},
  ): Promise<boolean> {
    return await this.#keptDuring(digest, [digest], async () => {
      const size = await this.statBlob(from, digest);
      if (size === undefined) return false;
      await this.#keepBlob(repository, { digest, size }, options);
      return true;
    });
  }

  async writeManifest(
    repository: string,
    reference: TagOrDigest,
    manifest: Manifest,
    { by }: CallOptions = {},
  ): Promise<void> {
    const { digest, mediaType, bytes } = manifest;
    const name = `${repository}@${digest}`;
    checkDigest(digest, bytes, name);
    const facts = factsOf(manifest, name);
    const subject = facts.subject === undefined ? [] : [facts.subject];
    const named = [...facts.blobs, ...facts.manifests];
    await this.#bring(digest, [digest, ...subject, ...named], async () => {
      await this.#pool.put(digest, bytes, this.#isHere);
      const at = this.parts.clock();
      const changes: Change[] = [{ op: 'manifest', repository, digest, mediaType, at }];
      if (!isDigest(reference)) changes.push({ op: 'tag', repository, tag: reference, digest, at });
      const isNew = this.#index.manifestByDigest(repository, digest) === undefined;
      await this.parts.log.append({ changes, facts });
      // One that was here already is no sign that somebody has come to the end of a push.
      if (isNew) for (const each of new Set(named)) this.parts.holds.used(repository, each, by);
      if (isDigest(reference)) this.parts.holds.holdPushed(repository, digest, by);
    });
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    if (this.#index.manifestByDigest(repository, digest) === undefined) return false;
    await this.commit([{ op: 'drop-manifest', repository, digest, at: this.parts.clock() }]);
    this.#letGo(repository, digest);
    return true;
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    const held = this.#index.manifestByTag(repository, tag);
    if (held === undefined) return false;
    await this.commit([{ op: 'drop-tag', repository, tag, at: this.parts.clock() }]);
    this.#letGo(repository, held.digest);
    return true;
  }

  async deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    if (!this.#index.holdsBlob(repository, digest)) return false;
    await this.commit([{ op: 'drop-blob', repository, digest, at: this.parts.clock() }]);
    return true;
  }

  /** Makes changes durable, then visible. Throws DISK_FULL; then none of them happened. */
  async commit(changes: Transaction): Promise<void> {
    if (changes.every(({ op }) => op.startsWith('drop-'))) await this.parts.ballast.trim();
    await this.parts.log.append({ changes });
  }

  /** See Quarantine.take. */
  async quarantine(digest: Digest, reason: string, isRotten?: () => Promise<boolean>): Promise<boolean> {
    return await this.#quarantine.take(digest, reason, isRotten);
  }

  async doubt(digest: Digest): Promise<void> {
    await this.#quarantine.doubt(digest);
  }

  async measure(): Promise<StoreMeasure> {
    const quarantined = await this.#pool.listQuarantine();
    const rotten = quarantined.filter((digest) => this.#index.fileSize(digest) === undefined).length;
    return { ...this.#index.totals(), rotten };
  }

  async troubleWriting(): Promise<string | undefined> {
    if (this.parts.log.wounded) return 'its log could not be mended after the disk failed';
    return await this.#pool.troubleWriting();
  }

  /** Ends what is being written and lets go of the folder. */
  async close(): Promise<void> {
    try {
      await this.parts.log.close();
    } finally {
      this.#index.close();
      this.parts.release();
    }
  }

  // Whoever deletes an image has looked at it first. That it was read must not keep what was deleted by name. What is below
  // an index was not named: another client may have asked for it, to leave it out of a push of another index.
  #letGo(repository: string, digest: Digest): void {
    const { holds } = this.parts;
    for (const each of this.#index.withReferrers(digest)) {
      holds.letGo(repository, each);
      for (const tag of companionTags(each)) {
        const companion = this.#index.manifestByTag(repository, tag);
        if (companion !== undefined) holds.letGo(repository, companion.digest);
      }
    }
  }

  readonly #isHere = (digest: Digest): boolean => this.#index.fileSize(digest) !== undefined;

  async #keepBlob(
    repository: string,
    { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
    { by }: CallOptions,
  ): Promise<void> {
    await this.commit([{ op: 'blob', repository, digest, size, at: this.parts.clock() }]);
    this.parts.holds.holdPushed(repository, digest, by);
  }

  async #keptDuring(digest: Digest, held: readonly Digest[], work: () => Promise<boolean>): Promise<boolean> {
    return await this.parts.holds.during(held, () => this.#quarantine.isKeptDuring(digest, work));
  }

  async #bring(digest: Digest, held: readonly Digest[], work: () => Promise<void>): Promise<void> {
    const isKept = await this.#keptDuring(digest, held, async () => {
      await work();
      return true;
    });
    if (!isKept) throw new Error(`${digest} was taken out of service while it was pushed`);
  }
}
