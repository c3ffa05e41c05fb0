import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { clusterError } from '../errors.ts';
import type { Release } from './program.ts';

const PROBE_MILLISECONDS = 2_500;
const DOWNLOAD_MILLISECONDS = 600_000;
const MAX_CHECKSUM_BYTES = 1_000_000;

/** Which release hosts answer. Each is asked once in a run, so an unreachable one costs its probe only once. */
export class ReleaseHosts {
  readonly #answers = new Map<string, Promise<boolean>>();

  reachable(url: string): Promise<boolean> {
    const { origin } = new URL(url);
    const known = this.#answers.get(origin);
    if (known !== undefined) return known;
    const answer = probe(origin);
    this.#answers.set(origin, answer);
    return answer;
  }
}

async function probe(origin: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_MILLISECONDS);
    // Any answer will do: some hosts of releases have nothing at their root.
    await fetch(origin, { method: 'HEAD', redirect: 'manual', signal });
    return true;
  } catch {
    return false;
  }
}

/**
 * Downloads an official release into `folder` and gives the program's path there; undefined when it
 * cannot be had. Throws PROGRAM_CHECKSUM_MISMATCH when the bytes are not those that were published.
 */
export async function downloadRelease(
  release: Release,
  name: string,
  folder: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const expected = await publishedChecksum(release, signal);
  const file = join(folder, 'download');
  if (expected === undefined || !(await download(release.url, file, signal))) return undefined;
  await checkFile(file, expected, release.url);
  return install(file, release.member, name, folder);
}

async function publishedChecksum(release: Release, signal?: AbortSignal): Promise<string | undefined> {
  const response = await get(release.checksum, PROBE_MILLISECONDS * 4, signal);
  if (response === undefined) return undefined;
  const text = (await response.text()).slice(0, MAX_CHECKSUM_BYTES);
  return checksumIn(text, basename(new URL(release.url).pathname));
}

/** Finds the SHA-256 of `file` in a published checksum file: a bare hash, or lines of hash and file name. */
export function checksumIn(text: string, file: string): string | undefined {
  for (const line of text.split('\n')) {
    const [hash = '', name] = line.trim().split(/\s+/);
    const named = name === undefined || basename(name.replace(/^\*/, '')) === file;
    if (named && /^[0-9a-f]{64}$/i.test(hash)) return hash.toLowerCase();
  }
  return undefined;
}

async function download(url: string, file: string, signal?: AbortSignal): Promise<boolean> {
  const response = await get(url, DOWNLOAD_MILLISECONDS, signal);
  if (response?.body == null) return false;
  try {
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
    return true;
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}

async function get(url: string, timeout: number, signal?: AbortSignal): Promise<Response | undefined> {
  const limit = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, {
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    if (response.ok) return response;
    await response.body?.cancel();
    return undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

async function checkFile(file: string, expected: string, url: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest('hex');
  if (actual === expected) return;
  throw clusterError('PROGRAM_CHECKSUM_MISMATCH', {
    subject: url,
    detail: `published ${expected}, downloaded ${actual}`,
  });
}

async function install(file: string, member: string | undefined, name: string, folder: string) {
  const target = join(folder, name);
  if (member === undefined) {
    await rename(file, target);
  } else {
    const wanted = (path: string) => path.replace(/^\.\//, '') === member;
    await extract({ file, cwd: folder, filter: wanted });
    if (join(folder, member) !== target) await rename(join(folder, member), target);
  }
  await chmod(target, 0o755);
  return target;
}
