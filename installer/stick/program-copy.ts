import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type FileMeasure, type MeasureOptions, measureFile } from '../../content/bytes/file-measure.ts';
import { writeFully } from '../../content/bytes/write-fully.ts';

/**
 * Programs are a hundred megabytes each, and between two pieces this thread has other things to do: in pieces as large
 * as this one does not have to be waited for so often.
 */
const PIECE_BYTES = 1024 * 1024;

/** Copies a program; gives what was copied. By way of another name: a program that runs can't be written over. */
export async function copyProgram(
  from: string,
  to: string,
  mode: number,
  options: MeasureOptions = {},
): Promise<FileMeasure> {
  const beside = `${to}.new`;
  try {
    const measure = await copyAndMeasure(from, beside, mode, options);
    await rename(beside, to);
    return measure;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

// What was written is what counts, whatever the source says by now. Another thread hashes it while it is being written.
async function copyAndMeasure(
  from: string,
  to: string,
  mode: number,
  { threads, signal }: MeasureOptions,
): Promise<FileMeasure> {
  await using source = await open(from);
  await using target = await open(to, 'w', mode);
  const hash = threads?.follow(to, 'sha256');
  try {
    const size = await copyBytes(source, target, async (written) => {
      signal?.throwIfAborted();
      await hash?.wrote(written);
    });
    await target.chmod(mode);
    return hash === undefined ? await measureFile(to, { signal }) : { digest: await hash.digest(size), size };
  } finally {
    hash?.forget();
  }
}

/** The next piece is read while the last is written; gives the number of bytes. */
async function copyBytes(
  source: FileHandle,
  target: FileHandle,
  onWritten: (bytes: number) => Promise<void>,
): Promise<number> {
  let [piece, other] = [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)];
  let { bytesRead } = await source.read(piece, 0, PIECE_BYTES, 0);
  let at = 0;
  while (bytesRead > 0) {
    const [next] = await Promise.all([
      source.read(other, 0, PIECE_BYTES, at + bytesRead),
      writeFully(target, piece.subarray(0, bytesRead), at),
    ]);
    at += bytesRead;
    await onWritten(at);
    [piece, other, bytesRead] = [other, piece, next.bytesRead];
  }
  return at;
}
