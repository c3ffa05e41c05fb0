import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { isDigest } from '../../content/digest.ts';
import type { ServedStore } from '../store/served-store.ts';

export interface FileSum {
  readonly files: number;
  readonly bytes: number;
}

/** Files among the blobs of which the index knows nothing: left over by a crash, or on their way in just now. */
export async function orphanFiles(
  { folder, index }: Pick<ServedStore, 'folder' | 'index'>,
  signal: AbortSignal,
): Promise<FileSum> {
  let sum: FileSum = { files: 0, bytes: 0 };
  for (const algorithm of ['sha256', 'sha512']) {
    const isKnown = (name: string) => {
      const digest = `${algorithm}:${name}`;
      return isDigest(digest) && index.fileSize(digest) !== undefined;
    };
    sum = add(sum, await sumOf(join(folder, 'blobs', algorithm), (name) => !isKnown(name), signal));
  }
  return sum;
}

/** Rotten files that were put aside. */
export async function quarantinedFiles(folder: string, signal: AbortSignal): Promise<FileSum> {
  return await sumOf(join(folder, 'quarantine'), () => true, signal);
}

async function sumOf(
  folder: string,
  counts: (name: string) => boolean,
  signal: AbortSignal,
): Promise<FileSum> {
  let sum: FileSum = { files: 0, bytes: 0 };
  try {
    for await (const { name } of await opendir(folder)) {
      signal.throwIfAborted();
      if (counts(name)) sum = add(sum, { files: 1, bytes: await sizeOf(join(folder, name)) });
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  return sum;
}

function add(a: FileSum, b: FileSum): FileSum {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
