import { LRUCache } from 'lru-cache';
import type { Digest } from '../../../content/digest.ts';

/** Bytes of manifests and small blobs that were read and compared with their digest lately: what is asked for again is not read again. */
export type ManifestCache = LRUCache<Digest, Uint8Array>;

/** At most `limit` bytes are kept. */
export function manifestCache(limit: number): ManifestCache {
  return new LRUCache({
    maxSize: limit,
    maxEntrySize: limit / 8,
    sizeCalculation: (bytes) => bytes.byteLength + ENTRY_BYTES,
  });
}

/** What an entry costs besides its bytes, roughly. */
const ENTRY_BYTES = 300;
