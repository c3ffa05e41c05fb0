import type { Digest } from '../digest.ts';
import type { CallOptions, Store } from '../store.ts';

/** A run of bytes in a file: a blob in a folder, or one inside a tar. */
export interface FileSpan {
  readonly path: string;
  /** Where the blob begins in the file. */
  readonly offset: number;
  /** How many bytes it has. */
  readonly size: number;
}

/** A store whose blobs are runs of bytes in files, so that they can be sent without a stream between. */
export interface FileStore extends Store {
  /** Where a blob is, or undefined when it is not held or not in one piece. */
  locateBlob(repository: string, digest: Digest, options?: CallOptions): Promise<FileSpan | undefined>;
}

export function canLocate(store: Store): store is FileStore {
  return 'locateBlob' in store;
}
