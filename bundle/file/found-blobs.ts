import { recycle } from '../../content/bytes/chunk-memory.ts';
import { DigestChecker } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { type BlobRuns, type Run, readRuns, sizeOfRuns } from './blob-runs.ts';
import { paddingOf } from './bundle-front.ts';
import { placeName } from './table.ts';
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
export async function* foundBlobs<R extends Run>(
  blobs: readonly BlobRuns<R>[],
  { signal, onChecked }: FindOptions,
): AsyncGenerator<BlobRuns<R>> {
  const bytesTotal = blobs.reduce((sum, runs) => sum + sizeOfRuns(runs), 0);
  let bytesDone = 0;
  for (const runs of blobs) {
    signal?.throwIfAborted();
    const done = bytesDone;
    const told = (bytes: number) => onChecked?.({ bytesDone: done + bytes, bytesTotal });
    if ((await every(runs, hasHeader)) && (await hashes(runs, signal, told)) && (await every(runs, isPadded)))
      yield runs;
    bytesDone += sizeOfRuns(runs);
  }
}

async function every(runs: BlobRuns, holds: (run: Run) => Promise<boolean>): Promise<boolean> {
  for (const run of runs) if (!(await holds(run))) return false;
  return true;
}

async function hasHeader({ handle, place }: Run): Promise<boolean> {
  const found = Buffer.alloc(BLOCK_BYTES);
  await handle.read(found, 0, BLOCK_BYTES, place.header);
  return found.equals(formatHeader(placeName(place), place.size));
}

async function hashes(
  runs: BlobRuns,
  signal: AbortSignal | undefined,
  told: (bytes: number) => void,
): Promise<boolean> {
  const { digest } = runs[0].place;
  const size = sizeOfRuns(runs);
  const checker = new DigestChecker(digest);
  for await (const chunk of readRuns(runs, size, signal)) {
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

async function isPadded({ handle, place: { start, size } }: Run): Promise<boolean> {
  const padding = paddingOf(size);
  const found = Buffer.alloc(padding.byteLength);
  // Fewer bytes than asked for are the end of the file, which will be filled with zeros.
  await handle.read(found, 0, found.byteLength, start + size);
  return found.equals(padding);
}
