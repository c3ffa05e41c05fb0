import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_SUFFIX } from '../../bundle/location.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { hasCode, translate } from '../../content/bytes/blob-file.ts';
import { recycle } from '../../content/bytes/chunk-memory.ts';
import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { readSpan } from '../../content/bytes/read-span.ts';
import { SpanWriter } from '../../content/bytes/span-writer.ts';
import { type Digest, toDigest } from '../../content/digest.ts';
import { installerError } from '../errors.ts';

/** From so many bytes on a file is worth another thread's while. */
const FOLLOW_FROM = 1024 * 1024;

/** What lies on a stick besides the bundle; all names are fixed, so that people and programs find them. */
export const STICK_FILES = {
  program: 'skerry',
  helm: 'helm',
  cover: 'COVER.txt',
  sums: 'SHA256SUMS',
  key: 'release.pub',
} as const;

export interface Stick {
  readonly folder: string;
  readonly bundle: string;
}

/** Finds the bundle on a stick, or takes the path of one. Throws STICK_NOT_FOUND, STICK_AMBIGUOUS. */
export async function findStick(path: string): Promise<Stick> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw installerError('STICK_NOT_FOUND', { subject: path, cause });
  });
  if (stats.isFile()) return { folder: join(path, '..'), bundle: path };
  const bundles = (await readdir(path)).filter((name) => name.endsWith(BUNDLE_SUFFIX)).sort();
  const [bundle] = bundles;
  if (bundle === undefined)
    throw installerError('STICK_NOT_FOUND', { subject: path, detail: `no *${BUNDLE_SUFFIX} in it` });
  if (bundles.length > 1)
    throw installerError('STICK_AMBIGUOUS', { subject: path, detail: bundles.join(', ') });
  return { folder: path, bundle: join(path, bundle) };
}

/**
 * Copies a program from the stick to a folder of ours and compares it there with what the signed release says: what
 * was compared is what runs, whatever happens to the stick meanwhile. Throws HOST_TOOL_MISSING, HOST_TOOL_MISMATCH.
 */
export async function takeHostTool(
  stick: Stick,
  tool: LockedRelease['hostTools'][number],
  folder: string,
): Promise<string> {
  const from = join(stick.folder, tool.file);
  const to = join(folder, tool.name);
  await mkdir(folder, { recursive: true });
  const found = await copyProgram(from, to, 0o700).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) throw installerError('HOST_TOOL_MISSING', { subject: from, cause: error });
    throw translate(error, to);
  });
  if (found.digest === tool.digest && found.size === tool.size) return to;
  const detail = `expected ${tool.size} bytes, ${tool.digest}; it has ${found.size}, ${found.digest}`;
  throw installerError('HOST_TOOL_MISMATCH', { subject: from, detail });
}

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

/** Copies a program; gives what was copied. By way of another name: a program that runs can't be written over. */
export async function copyProgram(
  from: string,
  to: string,
  mode: number,
  options: MeasureOptions = {},
): Promise<FileMeasure> {
  const beside = `${to}.new`;
  try {
    await copyBytes(from, beside, mode, options.signal);
    // What was written is what counts, whatever the source says by now.
    const measure = await measureFile(beside, options);
    await rename(beside, to);
    return measure;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
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

async function copyBytes(
  from: string,
  to: string,
  mode: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = await open(from);
  try {
    const target = await open(to, 'w', mode);
    try {
      const writer = new SpanWriter(target, 0);
      for await (const chunk of readSpan(source, 0, Number.POSITIVE_INFINITY, signal))
        await writer.write(chunk);
      await writer.flush();
      await target.chmod(mode);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
