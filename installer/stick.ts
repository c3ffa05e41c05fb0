import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockedRelease } from '../bundle/locked-release.ts';
import { hasCode, translate } from '../content/blob-file.ts';
import { type Digest, DigestChecker } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
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
  try {
    await copyFile(from, to);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw installerError('HOST_TOOL_MISSING', { subject: from, cause: error });
    throw translate(error, to);
  }
  await checkFile(to, tool.digest, tool.size, from);
  await chmod(to, 0o700);
  return to;
}

/** SHA-256 and size of a file. */
export async function measureFile(path: string): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

async function checkFile(path: string, digest: Digest, size: number, subject: string): Promise<void> {
  const checker = new DigestChecker(digest);
  for await (const chunk of createReadStream(path)) checker.update(chunk);
  try {
    checker.finish(subject, size);
  } catch (error) {
    throw installerError('HOST_TOOL_MISMATCH', {
      subject,
      detail: isSkerryError(error) ? error.detail : undefined,
      cause: error,
    });
  }
}
