import { open } from 'node:fs/promises';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { bundleError } from '../errors.ts';
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

/** Throws OUTPUT_EXISTS when one of these files is there and begins otherwise. */
export async function refuseOthers(paths: readonly string[], front: Buffer): Promise<void> {
  for (const path of paths)
    if ((await fileSize(path)) !== undefined && !(await beginsWith(path, front)))
      throw bundleError('OUTPUT_EXISTS', { subject: path });
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
