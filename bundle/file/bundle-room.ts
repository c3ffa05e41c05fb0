import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { contentError } from '../../content/errors.ts';
import { type PlannedFile, partialOf } from './planned-file.ts';

/** Throws DISK_FULL unless there is room for the files and `besides` bytes, those of what has been begun included. */
export async function checkSpace(path: string, files: readonly PlannedFile[], besides = 0): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  let free = bavail * bsize;
  for (const file of files) free += await bytesOnDisk(partialOf(file.path));
  const size = files.reduce((sum, { arrangement }) => sum + arrangement.size, besides);
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
