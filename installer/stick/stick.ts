import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { hasCode, translate } from '../../content/bytes/blob-file.ts';
import { installerError } from '../errors.ts';
import { copyProgram } from './program-copy.ts';

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
