import type { Descriptor } from '../../../content/descriptor.ts';
import type { Digest } from '../../../content/digest.ts';
import type { BlobSource, CallOptions } from '../../../content/store.ts';

/**
 * Whether the file of a digest is known to be good. One that is not, such as a corrupt one that could not be moved away,
 * is replaced by the next that brings the bytes.
 */
export type IsHere = (digest: Digest) => boolean;

/** The files of a store, by digest, as maintenance works on them. */
export interface BlobFiles {
  pathOf(digest: Digest): string;
  /** Bytes, or undefined when there is no such file. */
  size(digest: Digest): Promise<number | undefined>;
  /** Undefined when there is no such file. */
  read(digest: Digest): Promise<Buffer | undefined>;
  /** Keeps a manifest's bytes, which hash to `digest`, unless the very same are there. Throws DISK_FULL. */
  put(digest: Digest, bytes: Uint8Array, isHere: IsHere): Promise<void>;
  /** Receives a blob; part of it may have come earlier. Throws DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FULL. */
  receive(descriptor: Descriptor, source: BlobSource, isHere: IsHere, options: CallOptions): Promise<void>;
  remove(digest: Digest): Promise<void>;
  /** Runs `work` while nothing else makes or removes the file of this digest. */
  alone<T>(digest: Digest, work: () => Promise<T>): Promise<T>;
}
