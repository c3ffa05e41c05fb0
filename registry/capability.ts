import type { Digest } from '../content/digest.ts';
import type { CallOptions, Manifest, Store, TagOrDigest, WritableStore } from '../content/store.ts';
import { ProtocolError } from './protocol-error.ts';
import type { ReferrersPage, WhichReferrers } from './referrers-page.ts';

export { canLocate, type FileStore } from '../content/file-store.ts';
export type { KnowingStore } from '../content/knowing-store.ts';

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

/** A store from which content can be deleted. Each answers false when there was nothing to delete. */
export interface DeletableStore extends WritableStore {
  /** Deletes a manifest and every tag on it. */
  deleteManifest(repository: string, digest: Digest, options?: CallOptions): Promise<boolean>;
  deleteTag(repository: string, tag: string, options?: CallOptions): Promise<boolean>;
  deleteBlob(repository: string, digest: Digest, options?: CallOptions): Promise<boolean>;
}

/** A store that keeps blobs by repository and can say which have one, for mounting without a source. */
export interface FindingStore extends Store {
  /** At most `limit` repositories. */
  findBlob(digest: Digest, limit: number, options?: CallOptions): Promise<readonly string[]>;
}

/** A store that gives lists of referrers a page at a time: there may be more of them than memory. */
export interface PagingStore extends Store {
  /** Knows every manifest that has a subject, so also those that clients have listed under a tag themselves. */
  pageReferrers(repository: string, digest: Digest, which: WhichReferrers): Promise<ReferrersPage>;
}

/** What a store holds, each blob and manifest counted once. */
export interface StoreMeasure {
  readonly blobs: number;
  readonly bytes: number;
  /** Blobs and manifests that were found rotten and are not repaired yet. */
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
export interface DoubtingStore extends Store {
  /** Takes the blob out of service if it is not as it should be. */
  doubt(digest: Digest): Promise<void>;
}

/**
 * A store that garbage is collected from while it is used. Clients leave out of a push what they were told is there, so
 * what is told has to stay true until the push is over.
 */
export interface HoldingStore extends Store {
  /** As statBlob, for a client that may be about to push: what is there stays for a while. */
  statBlobToKeep(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined>;
  /** As readManifest, for a client that may be about to push or to pull what it names: it stays for a while. */
  readManifestToKeep(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Manifest | undefined>;
  /** Runs `work` while nothing of these digests is collected. */
  holdDuring<T>(digests: readonly Digest[], work: () => Promise<T>): Promise<T>;
}

export function canAdopt(store: Store): store is AdoptingStore {
  return 'adoptBlob' in store;
}

/** Throws a ProtocolError (405) when nothing can be deleted from the store. */
export function deletingOf(store: Store): DeletableStore {
  if (canDelete(store)) return store;
  throw new ProtocolError('UNSUPPORTED', { message: 'this registry deletes nothing' });
}

function canDelete(store: Store): store is DeletableStore {
  return 'deleteManifest' in store && 'deleteTag' in store && 'deleteBlob' in store;
}

export function canPage(store: Store): store is PagingStore {
  return 'pageReferrers' in store;
}

export function canMeasure(store: Store): store is MeasuredStore {
  return 'measure' in store;
}

export function canProbe(store: Store): store is ProbedStore {
  return 'troubleWriting' in store;
}

export function canDoubt(store: Store): store is DoubtingStore {
  return 'doubt' in store;
}

export function canHold(store: Store): store is HoldingStore {
  return 'statBlobToKeep' in store && 'readManifestToKeep' in store && 'holdDuring' in store;
}

export function canFind(store: Store): store is FindingStore {
  return 'findBlob' in store;
}
