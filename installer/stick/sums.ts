import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { type Digest, hexOf, isDigest } from '../../content/digest.ts';
import { STICK_FILES } from './stick.ts';

/** A file of a stick, by its path there. */
export interface SummedFile {
  readonly name: string;
  readonly digest: Digest;
}

/** What the SHA256SUMS of a stick say; empty where there are none. */
export async function readSums(folder: string): Promise<SummedFile[]> {
  const text = await readFile(join(folder, STICK_FILES.sums), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    const [, hex, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    const digest = `sha256:${hex}`;
    return name !== undefined && isDigest(digest) ? [{ name, digest }] : [];
  });
}

/** Writes them as `sha256sum -c` reads them. */
export async function writeSums(folder: string, files: readonly SummedFile[]): Promise<void> {
  const lines = files.map(({ name, digest }) => `${hexOf(digest)}  ${name}\n`);
  await writeFile(join(folder, STICK_FILES.sums), lines.join(''));
}

/** Adds files to the sums that a stick has, in the place of what they said of the same names; nothing on a bare folder. */
export async function addToSums(folder: string, files: readonly SummedFile[]): Promise<void> {
  const before = await readSums(folder);
  if (before.length === 0) return;
  const names = new Set(files.map(({ name }) => name));
  await writeSums(folder, [...before.filter(({ name }) => !names.has(name)), ...files]);
}
