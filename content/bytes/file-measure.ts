import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type Digest, toDigest } from '../digest.ts';
import { recycle } from './chunk-memory.ts';
import type { HashThreads } from './hash/hash-threads.ts';
import { readSpan } from './read-span.ts';

/** From so many bytes on a file is worth another thread's while. */
const FOLLOW_FROM = 1024 * 1024;

export interface FileMeasure {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface MeasureOptions {
  /** Hash large files; this thread does otherwise. */
  readonly threads?: HashThreads | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** SHA-256 and size of a file. */
export async function measureFile(
  path: string,
  { threads, signal }: MeasureOptions = {},
): Promise<FileMeasure> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (threads !== undefined && size >= FOLLOW_FROM) return await measureElsewhere(path, size, threads);
    const hash = createHash('sha256');
    for await (const chunk of readSpan(file, 0, size, signal)) {
      hash.update(chunk);
      recycle(chunk);
    }
    return { digest: toDigest('sha256', hash), size };
  } finally {
    await file.close();
  }
}

async function measureElsewhere(path: string, size: number, threads: HashThreads): Promise<FileMeasure> {
  const hash = threads.follow(path, 'sha256');
  try {
    return { digest: await hash.digest(size), size };
  } finally {
    hash.forget();
  }
}
