import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../bytes/disk-error.ts';
import { FileLock } from '../bytes/file-lock.ts';
import { messageOf } from '../error.ts';
import { contentError } from '../errors.ts';

const FILE = '.skerry.lock';

/**
 * Keeps other commands from writing to the folder of a layout, which is made where there is none: each writer knows only
 * its own names, and `index.json` is written whole. Readers need no lock. Throws LAYOUT_IN_USE, and what diskError makes.
 */
export async function lockLayout(folder: string): Promise<FileLock> {
  await onDisk(folder, async () => {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  });
  const lock = take(folder);
  if (lock === undefined) throw contentError('LAYOUT_IN_USE', { subject: folder });
  return lock;
}

function take(folder: string): FileLock | undefined {
  try {
    return FileLock.take(join(folder, FILE));
  } catch (cause) {
    throw contentError('STORE_UNUSABLE', { subject: join(folder, FILE), detail: messageOf(cause), cause });
  }
}
