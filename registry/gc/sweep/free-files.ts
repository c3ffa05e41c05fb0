import type { Digest } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import type { ContentIndex } from '../../store/content-index.ts';
import type { GcStore } from '../gc-store.ts';

/** Files that are gone, and their bytes. */
export interface Freed {
  readonly files: number;
  readonly bytes: number;
}

const AT_ONCE = 4;

/**
 * Removes the files of digests that no repository holds any more. It skips what a repository holds by now or a push
 * has pinned: a push pins the digest of a blob until its repository holds it.
 */
export async function freeFiles(
  store: Pick<GcStore, 'files' | 'index' | 'pins'>,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<Freed> {
  const sizes = await mapLimited(digests, AT_ONCE, async (digest) => {
    signal.throwIfAborted();
    return await freeFile(store, digest);
  });
  forget(
    store.index,
    digests.filter((_, at) => sizes[at] !== undefined),
  );
  const gone = sizes.filter((size) => typeof size === 'number');
  return { files: gone.length, bytes: gone.reduce((sum, size) => sum + size, 0) };
}

// The bytes that came back; undefined when the file stays, null when there was none.
async function freeFile(
  { files, index, pins }: Pick<GcStore, 'files' | 'index' | 'pins'>,
  digest: Digest,
): Promise<number | null | undefined> {
  return await files.alone(digest, async () => {
    const size = await files.size(digest);
    if (index.isLinked(digest) || pins.isBusy(digest)) return undefined;
    await files.remove(digest);
    return size ?? null;
  });
}

// A push that has brought a blob back meanwhile records its file when its repository holds it. On a full disk the index
// may have no room even for this; nothing counts on a file that no repository holds.
function forget(index: ContentIndex, digests: readonly Digest[]): void {
  try {
    index.atomically(() => {
      for (const digest of digests) if (!index.isLinked(digest)) index.forgetFile(digest);
    });
  } catch (error) {
    if (!isSkerryError(error, 'DISK_FULL')) throw error;
  }
}
