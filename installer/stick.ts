import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockedRelease } from '../bundle/locked-release.ts';
import { hasCode, translate } from '../content/blob-file.ts';
import { recycle } from '../content/chunk-memory.ts';
import type { Digest } from '../content/digest.ts';
import { readSpan } from '../content/read-span.ts';
import { SpanWriter } from '../content/span-writer.ts';
import { installerError } from './errors.ts';

const BUNDLE_SUFFIX = '.bundle.tar';

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

/** Copies a program; gives what was copied. By way of another name: a program that runs can't be written over. */
export async function copyProgram(
  from: string,
  to: string,
  mode: number,
  signal?: AbortSignal,
): Promise<FileMeasure> {
  const source = await open(from);
  try {
    const target = await open(`${to}.new`, 'w', mode);
    try {
      const writer = new SpanWriter(target, 0);
      const measure = await measureOpen(source, (chunk) => writer.write(chunk), signal);
      await writer.flush();
      await target.chmod(mode);
      await rename(`${to}.new`, to);
      return measure;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

export interface FileMeasure {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** SHA-256 and size of a file. */
export async function measureFile(path: string, signal?: AbortSignal): Promise<FileMeasure> {
  const file = await open(path);
  try {
    return await measureOpen(file, async (chunk) => recycle(chunk), signal);
  } finally {
    await file.close();
  }
}

async function measureOpen(
  file: FileHandle,
  use: (chunk: Buffer) => Promise<void>,
  signal?: AbortSignal,
): Promise<FileMeasure> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of readSpan(file, 0, Number.POSITIVE_INFINITY, signal)) {
    hash.update(chunk);
    size += chunk.byteLength;
    await use(chunk);
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}
