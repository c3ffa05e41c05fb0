import { open } from 'node:fs/promises';
import { fileSize, hasCode } from '../../content/bytes/blob-file.ts';
import { recycle } from '../../content/bytes/chunk-memory.ts';
import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { readSpan } from '../../content/bytes/read-span.ts';
import { algorithmOf, type Digest, DigestChecker } from '../../content/digest.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';

/** What a file turned out to be. */
export type FileState =
  | { readonly is: 'sound'; readonly bytes: Buffer | undefined }
  | { readonly is: 'gone'; readonly detail: string }
  | { readonly is: 'rotten' | 'unreadable'; readonly detail: string };

export interface ExpectedFile {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface CheckFileOptions {
  /** Answers with the bytes. */
  readonly keep?: boolean | undefined;
  /** Hash large files, so that a registry keeps answering meanwhile. */
  readonly threads?: HashThreads | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** From this many bytes on it is worth another thread's while, which hashes so many more at a time. */
const LARGE = 1024 * 1024;
const STEP = 4 * 1024 * 1024;

/**
 * Reads a file and compares it with its digest. Yields how many bytes each step has read, so that the caller who counts them
 * also sets the pace. A disk that can't read the file is an answer; missing permission is thrown.
 */
export async function* checkFile(
  path: string,
  expected: ExpectedFile,
  options: CheckFileOptions = {},
): AsyncGenerator<number, FileState> {
  const { keep = false, threads, signal } = options;
  if (threads !== undefined && !keep && expected.size >= LARGE) {
    const actual = yield* hashElsewhere(path, expected, threads, signal);
    if (actual === expected.digest) return { is: 'sound', bytes: undefined };
  }
  // What is not sound is read again here, where it is seen why.
  return yield* readHere(path, expected, { keep, signal });
}

/** Undefined when the file can't be read so, for any reason. */
async function* hashElsewhere(
  path: string,
  { digest, size }: ExpectedFile,
  threads: HashThreads,
  signal: AbortSignal | undefined,
): AsyncGenerator<number, Digest | undefined> {
  if ((await fileSize(path).catch(() => undefined)) !== size) return undefined;
  const hash = threads.follow(path, algorithmOf(digest));
  try {
    let actual: Digest | undefined;
    for (let done = 0; done < size; ) {
      signal?.throwIfAborted();
      const step = Math.min(STEP, size - done);
      done += step;
      actual = await hash.digest(done);
      yield step;
    }
    return actual;
  } catch (error) {
    if (isSkerryError(error, 'REGISTRY_HASHING_FAILED')) return undefined;
    throw error;
  } finally {
    hash.forget();
  }
}

async function* readHere(
  path: string,
  { digest, size }: ExpectedFile,
  { keep, signal }: { readonly keep: boolean; readonly signal: AbortSignal | undefined },
): AsyncGenerator<number, FileState> {
  const kept: Buffer[] = [];
  try {
    const file = await open(path, 'r');
    try {
      const checker = new DigestChecker(digest);
      // One byte more than there should be: a file may also have become longer.
      for await (const chunk of readSpan(file, 0, size + 1, signal)) {
        checker.update(chunk);
        if (keep) kept.push(Buffer.from(chunk));
        const { byteLength } = chunk;
        recycle(chunk);
        yield byteLength;
      }
      checker.finish(path, size);
    } finally {
      await file.close();
    }
  } catch (error) {
    return stateOf(error);
  }
  return { is: 'sound', bytes: keep ? Buffer.concat(kept) : undefined };
}

/** As checkFile, without the counts. */
export async function stateOfFile(path: string, expected: ExpectedFile): Promise<FileState> {
  const steps = checkFile(path, expected);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

/** What a disk or a file system says when it has lost something. */
const DISK_ERRORS = ['EIO', 'EBADMSG', 'EUCLEAN', 'EREMOTEIO', 'EISDIR'];

/** True for errors of the disk, other than those of permissions or of a process that has too many files open. */
export function isDiskError(error: unknown): boolean {
  return DISK_ERRORS.some((code) => hasCode(error, code));
}

function stateOf(error: unknown): FileState {
  if (hasCode(error, 'ENOENT')) return { is: 'gone', detail: 'its file is gone' };
  if (isDiskError(error))
    return { is: 'unreadable', detail: `the disk can't read it: ${messageOf(error)}`.slice(0, 500) };
  if (isSkerryError(error, 'DIGEST_MISMATCH') || isSkerryError(error, 'SIZE_MISMATCH'))
    return { is: 'rotten', detail: error.detail ?? error.means };
  throw error;
}
