import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hasCode, syncFolder } from '../../../content/bytes/blob-file.ts';

/** Where files are written that get their place when they are whole. What is in it when a store is opened is left over. */
export const TEMPORARY_FOLDER = '.new';

/**
 * Makes the folders of a store and their names durable: an acknowledged blob must not go with the folder that it is in.
 * Done at every opening, as an earlier one may have been killed before its names were durable.
 */
export async function makeStoreFolder(folder: string): Promise<void> {
  const top = resolve(folder);
  const blobs = join(top, 'blobs');
  const made = await mkdir(blobs, { recursive: true });
  for (const name of ['blobs/sha256', 'blobs/sha512', TEMPORARY_FOLDER])
    await mkdir(join(top, name), { recursive: true });
  await syncFolder(blobs);
  await syncFolder(top);
  for (const parent of parentsOf(top, made)) await syncParent(parent);
}

/** Removes what an earlier process was writing when it was killed. Only for a process that has the store to itself. */
export async function sweepStoreFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (/^(?:registry\.log\..*|index\.sqlite)\.new$/.test(name))
      await rm(join(folder, name), { force: true });
  const temporary = join(folder, TEMPORARY_FOLDER);
  for (const name of await readdir(temporary)) await rm(join(temporary, name), { force: true });
}

// The folder in which `top` is named, and those above it that were made on the way.
function parentsOf(top: string, made: string | undefined): string[] {
  const parents = [dirname(top)];
  for (let at = dirname(top); made !== undefined && at.startsWith(made); at = dirname(at))
    parents.push(dirname(at));
  return parents;
}

// A registry need not be allowed to read what lies above its folder.
async function syncParent(path: string): Promise<void> {
  try {
    await syncFolder(path);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EINVAL', 'EROFS'].some((code) => hasCode(error, code))) throw error;
  }
}
