import type { Digest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { ServedStoreParts } from '../served/served-store.ts';
import type { StoreIndex } from '../served/store-index.ts';

/** Files that are gone, and their bytes. */
export interface Freed {
  readonly files: number;
  readonly bytes: number;
}

const AT_ONCE = 4;

/**
 * Removes the files of digests that no repository holds any more. It passes over what somebody holds by now or counts
 * on: whoever brings a blob holds its digest until its repository does.
 */
export async function freeFiles(
  parts: ServedStoreParts,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<Freed> {
  const sizes = await mapLimited(digests, AT_ONCE, async (digest) => {
    signal.throwIfAborted();
    return await freeFile(parts, digest);
  });
  forget(
    parts.index,
    digests.filter((_, at) => sizes[at] !== undefined),
  );
  const gone = sizes.filter((size) => typeof size === 'number');
  return { files: gone.length, bytes: gone.reduce((sum, size) => sum + size, 0) };
}

// The bytes that came back; undefined when the file stays, null when there was none.
async function freeFile(
  { pool, index, holds, manifests }: ServedStoreParts,
  digest: Digest,
): Promise<number | null | undefined> {
  return await pool.alone(digest, async () => {
    const size = await pool.size(digest);
    if (index.isLinked(digest) || holds.isBusy(digest)) return undefined;
    await pool.remove(digest);
    manifests.drop(digest);
    return size ?? null;
  });
}

// Whoever has brought a blob back meanwhile says that it is here when its repository holds it. On a full disk the index
// may have no room even for this; nothing counts on a file that no repository holds.
function forget(index: StoreIndex, digests: readonly Digest[]): void {
  try {
    index.atomically(() => {
      for (const digest of digests) if (!index.isLinked(digest)) index.forgetFile(digest);
    });
  } catch (error) {
    if (!isSkerryError(error, 'DISK_FULL')) throw error;
  }
}
