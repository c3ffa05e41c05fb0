import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { bundleError } from '../errors.ts';
import { bundleOf, isVolumeName } from '../volume/volume-name.ts';
import { type PlannedFile, partialOf } from './planned-file.ts';
import type { Arrangement } from './table.ts';
import { formatHeader, paddedSize } from './tar-header.ts';

/** The first bytes of a bundle. They name all of its content, so two bundles that begin alike hold the same. */
export function frontOf({ front }: Arrangement): Buffer {
  return Buffer.concat(
    front.flatMap(({ name, text }) => [formatHeader(name, Buffer.byteLength(text)), padded(text)]),
  );
}

function padded(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes, paddingOf(bytes.byteLength)]);
}

/** The zeros behind so many bytes in a tar. */
export function paddingOf(size: number): Buffer {
  return Buffer.alloc(paddedSize(size) - size);
}

/** Throws OUTPUT_EXISTS when one of these files is there, finished or begun, and begins otherwise. */
export async function refuseOthers(files: readonly PlannedFile[]): Promise<void> {
  for (const { path, arrangement } of files) {
    const front = frontOf(arrangement);
    const partial = partialOf(path);
    const partialSize = await fileSize(partial);
    if ((await fileSize(path)) !== undefined && !(await beginsWith(path, front)))
      throw bundleError('OUTPUT_EXISTS', { subject: path });
    // Cut off in its first bytes, a file has only some of them, or none.
    if (partialSize !== undefined && !(await beginsWith(partial, front.subarray(0, partialSize))))
      throw bundleError('OUTPUT_EXISTS', { subject: partial });
  }
}

/**
 * Throws OUTPUT_EXISTS where a bundle of the same name lies that is cut in another way, or volumes of other content: what
 * is left of it beside the new ones could be taken for one of them.
 */
export async function refuseOtherCuts(path: string, files: readonly PlannedFile[]): Promise<void> {
  const planned = new Map(files.map((file) => [basename(file.path), file]));
  const isCut = files.length > 1;
  for (const name of await readdir(dirname(path))) {
    if (bundleOf(name) !== bundleOf(basename(path)) || (!isVolumeName(name) && name !== basename(path)))
      continue;
    const own = planned.get(name);
    if (own !== undefined && (!isCut || (await beginsWith(own.path, frontOf(own.arrangement))))) continue;
    throw bundleError('OUTPUT_EXISTS', { subject: join(dirname(path), name) });
  }
}

export async function beginsWith(path: string, front: Buffer): Promise<boolean> {
  if (((await fileSize(path)) ?? 0) < front.byteLength) return false;
  const file = await open(path, 'r');
  try {
    const found = Buffer.alloc(front.byteLength);
    await file.read(found, 0, found.byteLength, 0);
    return found.equals(front);
  } finally {
    await file.close();
  }
}
