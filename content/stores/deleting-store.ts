import type { Digest } from '../digest.ts';
import type { CallOptions, Store } from '../store.ts';

/** A store from which names and manifests can be deleted. Each answers false when there was nothing to delete. */
export interface DeletingStore extends Store {
  /** Deletes a manifest and every tag that its repository has on it. */
  deleteManifest(repository: string, digest: Digest, options?: CallOptions): Promise<boolean>;
  /** Deletes a tag alone. Throws DELETE_UNSUPPORTED. */
  deleteTag(repository: string, tag: string, options?: CallOptions): Promise<boolean>;
}

export interface StoredName {
  readonly repository: string;
  readonly tag: string;
}

/** A store in which what was deleted takes up space until that is freed. */
export interface FreeingStore extends DeletingStore {
  /** What freeSpace would delete if these names were gone, with its sizes. */
  wouldFree(names: readonly StoredName[], options?: CallOptions): Promise<ReadonlyMap<Digest, number>>;
  /** Deletes the bytes of what has no name any more. Nothing may be written to the store meanwhile. */
  freeSpace(options?: CallOptions): Promise<{ readonly blobs: number; readonly bytes: number }>;
}

export function canFree(store: Store): store is FreeingStore {
  return canDelete(store) && 'freeSpace' in store;
}

export function canDelete(store: Store): store is DeletingStore {
  return 'deleteManifest' in store && 'deleteTag' in store;
}
