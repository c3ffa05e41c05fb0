import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import type { Digest } from '../../../content/digest.ts';
import { MAX_MANIFEST_BYTES } from '../../../content/manifest.ts';
import type { BlobPool } from '../files/blob-pool.ts';

/**
 * The files of a layout that becomes a store. They are read on the calling thread, which nobody else needs before the
 * store is open: handing a hundred thousand small files to other threads takes longer than reading them.
 */
export class LayoutFiles {
  readonly #pool: BlobPool;
  // Of the next manifest too: each is parsed before the next is read.
  readonly #buffer = Buffer.allocUnsafeSlow(MAX_MANIFEST_BYTES + 1);
  readonly #sizes = new Map<Digest, number | undefined>();

  constructor(pool: BlobPool) {
    this.#pool = pool;
  }

  /** Bytes, or undefined when there is no such file. */
  size(digest: Digest): number | undefined {
    if (!this.#sizes.has(digest)) {
      const stats = statSync(this.#pool.pathOf(digest), { throwIfNoEntry: false });
      this.#sizes.set(digest, stats?.isFile() ? stats.size : undefined);
    }
    return this.#sizes.get(digest);
  }

  /**
   * What may be a manifest, until the next is read; undefined when there is no such file, or one that is too large.
   * With the size that is `said` of it, no look is taken at what may stand behind it: its digest will tell.
   */
  read(digest: Digest, said?: number): Buffer | undefined {
    const file = tryOpen(this.#pool.pathOf(digest));
    if (file === undefined) return undefined;
    try {
      let size = 0;
      for (let read = -1; read !== 0 && size !== said && size < this.#buffer.byteLength; size += read)
        read = readSync(file, this.#buffer, size, this.#buffer.byteLength - size, size);
      return size > MAX_MANIFEST_BYTES ? undefined : this.#buffer.subarray(0, size);
    } finally {
      closeSync(file);
    }
  }
}

function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
