import { translate } from '../../content/blob-file.ts';
import type { Digest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import type { ServedStoreParts } from '../served/served-store.ts';
import type { StoreIndex } from '../served/store-index.ts';

/**
 * Removes the file of a digest that no repository holds any more; the bytes that came back, undefined when there is no
 * file, or when somebody holds it by now or counts on it: whoever brings a blob holds its digest until its repository does.
 */
export async function freeFile(
  { pool, index, holds, manifests }: ServedStoreParts,
  digest: Digest,
): Promise<number | undefined> {
  return await pool.alone(digest, async () => {
    const size = await pool.size(digest);
    if (index.isLinked(digest) || holds.isHeld(digest)) return undefined;
    await pool.remove(digest);
    manifests.drop(digest);
    forget(index, digest);
    return size;
  });
}

// On a full disk the index may have no room even for this. Nothing counts on a file that no repository holds.
function forget(index: StoreIndex, digest: Digest): void {
  try {
    index.forgetFile(digest);
  } catch (error) {
    if (!isSkerryError(translate(error, digest), 'DISK_FULL')) throw error;
  }
}
