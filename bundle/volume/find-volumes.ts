import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { bundleError } from '../errors.ts';
import { RandomAccessFile } from '../file/file.ts';
import { BLOCK_BYTES, paddedSize, parseHeader } from '../file/tar-header.ts';
import { parseMark, VOLUME_FILE, VOLUME_FILE_BYTES, type VolumeMark } from './volume-mark.ts';
import { bundleOf, isVolumeName } from './volume-name.ts';

/** The mark stands behind `oci-layout` and `index.json`. */
const MOST_FILES_BEFORE = 3;

/**
 * The other volumes of a set, by their numbers: those beside the first, and those that `also` names, files or folders.
 * Of two with one number the first that is found is taken. What was opened is the caller's to close. Throws
 * BUNDLE_NOT_FOUND, VOLUME_FOREIGN for a volume of another set that was named, or is called as if it belonged here.
 */
export async function findVolumes(
  { path }: RandomAccessFile,
  mark: VolumeMark,
  also: readonly string[],
): Promise<Map<number, RandomAccessFile>> {
  const found = new Map<number, RandomAccessFile>();
  const take = async (each: string, isNamed: boolean) => {
    const file = await RandomAccessFile.open(each);
    const other = await readMark(file);
    if (other?.set === mark.set && other.number !== mark.number && !found.has(other.number)) {
      found.set(other.number, file);
      return;
    }
    await file.close();
    const isCalledSo = bundleOf(basename(each)) === bundleOf(basename(path));
    if (other?.set === mark.set || (!isNamed && !isCalledSo)) return;
    const detail =
      other === undefined
        ? 'no volume at all'
        : `volume ${other.number} of ${other.total} of set ${other.set}; wanted is set ${mark.set}`;
    throw bundleError('VOLUME_FOREIGN', { subject: each, detail });
  };
  try {
    for (const name of await volumesIn(dirname(path)))
      if (name !== basename(path)) await take(join(dirname(path), name), false);
    for (const each of also)
      if (await isFolder(each)) for (const name of await volumesIn(each)) await take(join(each, name), false);
      else await take(each, true);
    return found;
  } catch (error) {
    for (const file of found.values()) await file.close();
    throw error;
  }
}

/** What a file says that it is a volume of; undefined where it is none. */
export async function readMark(file: RandomAccessFile): Promise<VolumeMark | undefined> {
  let offset = 0;
  for (let count = 0; count < MOST_FILES_BEFORE && offset + BLOCK_BYTES <= file.size; count++) {
    const entry = parseHeader(await file.read(offset, BLOCK_BYTES));
    if (entry === undefined) return undefined;
    const start = offset + BLOCK_BYTES;
    if (entry.name === VOLUME_FILE)
      return entry.size === VOLUME_FILE_BYTES && start + entry.size <= file.size
        ? parseMark((await file.read(start, entry.size)).toString('utf8'))
        : undefined;
    offset = start + paddedSize(entry.size);
  }
  return undefined;
}

/** Names of the volumes in a folder, of whatever set. */
async function volumesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter(isVolumeName).sort();
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return false;
    throw error;
  }
}
