import type { FileHandle } from 'node:fs/promises';
import { recycle } from '../../content/bytes/chunk-memory.ts';
import { readSpan } from '../../content/bytes/read-span.ts';
import { type Digest, DigestChecker } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { paddingOf } from './bundle-front.ts';
import { blobName, type Place } from './table.ts';
import { BLOCK_BYTES, formatHeader } from './tar-header.ts';

export interface FindOptions {
  readonly signal?: AbortSignal | undefined;
  /** How much of what an interrupted run left has been compared with its digests, in bytes. */
  readonly onChecked?: ((progress: { bytesDone: number; bytesTotal: number }) => void) | undefined;
}

/**
 * The blobs that an interrupted run left whole. Only what still hashes to its digest counts: a power cut may have left a
 * header without its bytes.
 */
export async function* foundBlobs(
  file: FileHandle,
  places: readonly Place[],
  { signal, onChecked }: FindOptions,
): AsyncGenerator<Digest> {
  const bytesTotal = places.reduce((sum, { size }) => sum + size, 0);
  let bytesDone = 0;
  for (const place of places) {
    signal?.throwIfAborted();
    const done = bytesDone;
    const told = (bytes: number) => onChecked?.({ bytesDone: done + bytes, bytesTotal });
    const isFound =
      (await hasHeader(file, place)) &&
      (await hashes(file, place, signal, told)) &&
      (await isPadded(file, place));
    if (isFound) yield place.digest;
    bytesDone += place.size;
  }
}

async function hasHeader(file: FileHandle, { digest, size, header }: Place): Promise<boolean> {
  const found = Buffer.alloc(BLOCK_BYTES);
  await file.read(found, 0, BLOCK_BYTES, header);
  return found.equals(formatHeader(blobName(digest), size));
}

async function hashes(
  file: FileHandle,
  { digest, start, size }: Place,
  signal: AbortSignal | undefined,
  told: (bytes: number) => void,
): Promise<boolean> {
  const checker = new DigestChecker(digest);
  for await (const chunk of readSpan(file, start, start + size, signal)) {
    checker.update(chunk);
    told(checker.size);
    recycle(chunk);
  }
  try {
    checker.finish(digest, size);
    return true;
  } catch (error) {
    if (isSkerryError(error)) return false;
    throw error;
  }
}

async function isPadded(file: FileHandle, { start, size }: Place): Promise<boolean> {
  const padding = paddingOf(size);
  const found = Buffer.alloc(padding.byteLength);
  // Fewer bytes than asked for are the end of the file, which will be filled with zeros.
  await file.read(found, 0, found.byteLength, start + size);
  return found.equals(padding);
}
