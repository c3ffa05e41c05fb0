import type { Digest } from '../content/digest.ts';
import type { CallOptions, Manifest, Store, TagOrDigest, WritableStore } from '../content/store.ts';
import { type DeletingStore, canDelete as deletesManifests } from '../content/stores/deleting-store.ts';

export { canLocate, type FileStore } from '../content/stores/file-store.ts';
export type { KnowingStore } from '../content/stores/knowing-store.ts';

/** What some stores can do beyond the common interface. The registry asks, and does without where it must. */

/** A store that can take a file over as it is, so that the bytes of an upload are written once. */
export interface AdoptingStore extends WritableStore {
  /**
   * Keeps the file at `path` as the blob `digest`. The bytes have been hashed and are on the disk (fdatasync) before
   * the call; the store renames the file, makes the new name durable, and so `path` is gone afterwards. Where the store
   * lies on another file system it copies. When the blob is there already, it is replaced or the file removed.
   */
  adoptBlob(repository: string, digest: Digest, path: string, options?: CallOptions): Promise<void>;
}

/** A store from which blobs can be deleted as well. */
export interface DeletableStore extends WritableStore, DeletingStore {
  /** False when there was nothing to delete. */
  deleteBlob(repository: string, digest: Digest, options?: CallOptions): Promise<boolean>;
}

/** A store that keeps blobs by repository and can say which have one, for mounting without a source. */
export interface FindingStore extends Store {
  /** At most `limit` repositories. */
  findBlob(digest: Digest, limit: number, options?: CallOptions): Promise<readonly string[]>;
}

/** Which referrers of a subject are asked for. */
export interface WhichReferrers {
  /** Only those of this type. */
  readonly artifactType?: string | undefined;
  /** Only those that follow this digest, in the order of digests. */
  readonly after?: string | undefined;
}

/** A part of a list of referrers, as clients get it (distribution-spec, "Listing Referrers"). */
export interface ReferrersPage {
  /** An image index as JSON. */
  readonly index: Buffer;
  /** The digest after which the next page begins, if there is one. */
  readonly next: string | undefined;
}

/** A store that gives lists of referrers a page at a time: there may be more of them than memory. */
export interface PagingStore extends Store {
  /** Knows every manifest that has a subject, so also those that clients have listed under a tag themselves. */
  pageReferrers(repository: string, digest: Digest, which: WhichReferrers): Promise<ReferrersPage>;
}

/** A store that keeps small blobs in memory, which cost more to open than to send. */
export interface SmallBlobStore extends Store {
  /** No blob that is larger is asked for; bytes. */
  readonly smallBlob: number;
  /** The bytes of a blob that some repository holds, compared with its digest; undefined when they are lost or corrupt. */
  readSmallBlob(digest: Digest): Promise<Uint8Array | undefined>;
}

/** A store that says when it has changed, so that what was made of it can be used until then. */
export interface RevisedStore extends Store {
  /** Another number whenever something may have changed. */
  readonly revision: number;
}

/** What a store holds, each blob and manifest counted once. */
export interface StoreMeasure {
  readonly blobs: number;
  readonly bytes: number;
  /** Blobs and manifests that were found corrupt and are not repaired yet. */
  readonly rotten: number;
}

/** A store that can say how much it holds, at a cost that follows the number of its blobs. */
export interface MeasuredStore extends Store {
  measure(): Promise<StoreMeasure>;
}

/** A store that knows when it can't be written to, because of its disk and not for want of room. */
export interface ProbedStore extends Store {
  /** The reason, without names of files; undefined when all is well. */
  troubleWriting(): Promise<string | undefined>;
}

/** A store that looks again at what turned out to be damaged when it was sent. */
export interface RecheckingStore extends Store {
  /** Takes the blob out of service if it is not as it should be. */
  recheck(digest: Digest): Promise<void>;
}

/**
 * A store that garbage is collected from while it is used. Clients leave out of a push what the registry said is there, so
 * that has to stay true until the push is over.
 */
export interface PinningStore extends Store {
  /** As statBlob, for a client that may be about to push: what is there stays for a while. */
  statAndPinBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined>;
  /** As readManifest, for a client that may be about to push or to pull what it names: it stays for a while. */
  readAndPinManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Manifest | undefined>;
  /** Runs `work` while nothing of these digests is collected. */
  pinDuring<T>(digests: readonly Digest[], work: () => Promise<T>): Promise<T>;
}

/** A manifest that was found and not read. */
export interface FoundManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes; undefined when it may turn out not to be there after all. */
  readonly size: number | undefined;
}

/** A store that says how large a manifest is before it is read, so that there can be room for it first. */
export interface SizingStore extends Store {
  /** As readAndPinManifest. */
  findAndPinManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<FoundManifest | undefined>;
  readFoundManifest(found: FoundManifest): Promise<Manifest | undefined>;
}

export function canFindManifest(store: Store): store is SizingStore {
  return 'findAndPinManifest' in store && 'readFoundManifest' in store;
}

export function canAdopt(store: Store): store is AdoptingStore {
  return 'adoptBlob' in store;
}

export function canDelete(store: Store): store is DeletableStore {
  return deletesManifests(store) && 'deleteBlob' in store;
}

export function canPage(store: Store): store is PagingStore {
  return 'pageReferrers' in store;
}

export function tellsRevision(store: Store): store is RevisedStore {
  return 'revision' in store;
}

export function canMeasure(store: Store): store is MeasuredStore {
  return 'measure' in store;
}

export function canProbe(store: Store): store is ProbedStore {
  return 'troubleWriting' in store;
}

export function keepsSmallBlobs(store: Store): store is SmallBlobStore {
  return 'smallBlob' in store && 'readSmallBlob' in store;
}

export function canRecheck(store: Store): store is RecheckingStore {
  return 'recheck' in store;
}

export function canPin(store: Store): store is PinningStore {
  return 'statAndPinBlob' in store && 'readAndPinManifest' in store && 'pinDuring' in store;
}

export function canFind(store: Store): store is FindingStore {
  return 'findBlob' in store;
}
