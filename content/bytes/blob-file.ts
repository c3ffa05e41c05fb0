import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Descriptor } from '../descriptor.ts';
import { DigestChecker } from '../digest.ts';
import { contentError } from '../errors.ts';
import type { BlobReader, BlobSource, CallOptions, ReadOptions } from '../store.ts';
import { recycle } from './chunk-memory.ts';
import { readSpan } from './read-span.ts';
import { SpanWriter } from './span-writer.ts';
import { WriteBack } from './write-back.ts';

/** Opens a file for reading from an offset, or undefined when there is none. */
export async function readBlobFile(path: string, options: ReadOptions = {}): Promise<BlobReader | undefined> {
  const size = await fileSize(path);
  if (size === undefined) return undefined;
  const { offset = 0, length, signal } = options;
  const end = length === undefined ? size : Math.min(size, offset + length);
  if (offset >= end) return { size, stream: nothing() };
  return { size, stream: readFile(path, offset, end, signal) };
}

export async function fileSize(path: string): Promise<number | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats.size : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/**
 * Receives a blob into `partial`, goes on from what is there already, and moves it to `path` once every byte has come
 * and the digest is right. Wrong bytes are thrown away; a broken stream leaves `partial` for the next try.
 * Throws DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FULL.
 */
export async function receiveBlobFile(
  target: { path: string; partial: string; subject: string },
  descriptor: Descriptor,
  source: BlobSource,
  options: CallOptions = {},
): Promise<void> {
  try {
    await mkdir(dirname(target.partial), { recursive: true });
    // Every byte goes to its own place: two processes that receive the same blob write the same file.
    const file = await open(target.partial, constants.O_RDWR | constants.O_CREAT);
    try {
      const writeBack = new WriteBack(file);
      await receive(file, writeBack, target, descriptor, source, options);
      await writeBack.finish();
    } finally {
      await file.close();
    }
    await moveIntoPlace(target.partial, target.path).catch(async (error: unknown) => {
      // Another process has received the same file and moved it.
      if (!hasCode(error, 'ENOENT') || (await fileSize(target.path)) !== descriptor.size) throw error;
    });
  } catch (error) {
    throw translate(error, target.subject);
  }
}

/** Renames within a file system and makes the name durable, as a power cut would otherwise lose it. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  await syncFolder(dirname(to));
}

/**
 * Writes a small file so that a reader sees the old bytes or the new ones, never a mixture; it is written beside its
 * place or in the folder `through`, which must exist. `mode`: who may read and write it, whatever the umask. Throws
 * DISK_FULL.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array | string,
  through?: string,
  mode?: number,
): Promise<void> {
  // Several may write the same file at once, also from processes of the same number in other containers.
  const name = `${basename(path)}.${randomUUID()}.new`;
  const temporary = join(through ?? dirname(path), name);
  try {
    const file = await open(temporary, 'w', mode);
    try {
      if (mode !== undefined) await file.chmod(mode);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveIntoPlace(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw translate(error, path);
  }
}

/** Turns what a full disk says into DISK_FULL and leaves everything else as it is. */
export function translate(error: unknown, subject: string): unknown {
  if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT') || isFullDatabase(error)) {
    return contentError('DISK_FULL', { subject, cause: error });
  }
  return error;
}

// sqlite.org/rescode.html: SQLITE_FULL, and SQLITE_IOERR_SHMSIZE where the file beside a database can't grow.
function isFullDatabase(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 13 || error.errcode === 4874);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

// Opened only when it is read: a stream that nobody reads would keep its file open and its errors to itself.
async function* readFile(path: string, start: number, end: number, signal: AbortSignal | undefined) {
  const file = await open(path, 'r');
  try {
    yield* readSpan(file, start, end, signal);
  } finally {
    await file.close();
  }
}

async function receive(
  file: FileHandle,
  writeBack: WriteBack,
  target: { partial: string; subject: string },
  descriptor: Descriptor,
  source: BlobSource,
  options: CallOptions,
): Promise<void> {
  const checker = new DigestChecker(descriptor.digest);
  const offset = await hashPrefix(file, checker, descriptor.size, options);
  // At the end of a blob there is nothing to ask for, and registries refuse to be asked.
  if (offset < descriptor.size || offset === 0)
    await append(file, writeBack, checker, await source(offset), { ...options, limit: descriptor.size });
  try {
    checker.finish(target.subject, descriptor.size);
  } catch (error) {
    // A short stream may be a broken connection: what came is kept. Anything else is not the beginning of this blob.
    if (checker.size < descriptor.size) throw error;
    await file.truncate(0);
    // What an earlier try left may have lost its bytes to a power cut: that is not the source's fault.
    if (offset > 0) return await receive(file, writeBack, target, descriptor, source, options);
    await rm(target.partial, { force: true });
    throw error;
  }
}

// Hashes what came earlier; more than the blob has can't be its beginning and is dropped.
async function hashPrefix(
  file: FileHandle,
  checker: DigestChecker,
  size: number,
  options: CallOptions,
): Promise<number> {
  const { size: held } = await file.stat();
  if (held > size) {
    await file.truncate(0);
    return 0;
  }
  for await (const chunk of readSpan(file, 0, held, options.signal)) {
    checker.update(chunk);
    recycle(chunk);
  }
  return checker.size;
}

async function append(
  file: FileHandle,
  writeBack: WriteBack,
  checker: DigestChecker,
  stream: AsyncIterable<Uint8Array>,
  options: CallOptions & { limit: number },
): Promise<void> {
  const writer = new SpanWriter(file, checker.size, (bytes) => writeBack.wrote(bytes));
  try {
    for await (const chunk of stream) {
      options.signal?.throwIfAborted();
      checker.update(chunk);
      if (checker.size > options.limit) return;
      await writer.write(chunk);
    }
  } finally {
    // What came before a connection broke is kept for the next try.
    await writer.flush();
    await writeBack.settle();
  }
}

/** Makes names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
