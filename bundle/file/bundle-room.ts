import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { contentError } from '../../content/errors.ts';

/** Throws DISK_FULL unless there is room for `size` bytes, those of what has been begun included. */
export async function checkSpace(path: string, partial: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize + (await bytesOnDisk(partial));
  if (free < size) {
    throw contentError('DISK_FULL', {
      subject: dirname(path),
      detail: `${size} bytes are needed, ${bavail * bsize} are free`,
    });
  }
}

// A partial bundle has holes, which its size does not tell.
async function bytesOnDisk(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * 512;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
}
