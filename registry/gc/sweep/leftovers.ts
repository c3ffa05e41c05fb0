import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '../../../content/digest.ts';
import { TEMPORARY_FOLDER } from '../../store/files/store-folder.ts';
import type { GcStore } from '../gc-store.ts';
import { namesIn } from './unheld-files.ts';

export interface Leftover {
  readonly path: string;
  readonly bytes: number;
}

/** A writer touches its file more often than this (milliseconds). */
const OLD_MS = 24 * 3_600_000;

/** Unfinished files that were last written to a day ago or longer. */
export async function findLeftovers({
  folder,
  pins,
  clock,
}: Pick<GcStore, 'folder' | 'pins' | 'clock'>): Promise<Leftover[]> {
  const isUnfinished = (name: string) => name.endsWith('.new');
  const isPartial = (name: string) => {
    const digest = name.replace('-', ':');
    return !isDigest(digest) || !pins.isBusy(digest);
  };
  const places: [string, (name: string) => boolean][] = [
    ['', (name) => /^registry\.log\..*\.new$/.test(name)],
    [join('blobs', 'sha256'), isUnfinished],
    [join('blobs', 'sha512'), isUnfinished],
    [TEMPORARY_FOLDER, () => true],
    ['.partial', isPartial],
  ];
  const found: Leftover[] = [];
  for (const [place, wanted] of places)
    for await (const name of namesIn(join(folder, place))) {
      const path = join(folder, place, name);
      const bytes = wanted(name) ? await oldFile(path, clock() - OLD_MS) : undefined;
      if (bytes !== undefined) found.push({ path, bytes });
    }
  return found;
}

/** Rotten files that were put aside. */
export async function findQuarantined(folder: string): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for await (const name of namesIn(join(folder, 'quarantine'))) {
    const path = join(folder, 'quarantine', name);
    found.push({ path, bytes: (await sizeOf(path)) ?? 0 });
  }
  return found;
}

/** The bytes that came back. */
export async function removeLeftovers(leftovers: readonly Leftover[]): Promise<number> {
  let freed = 0;
  for (const { path } of leftovers) {
    const bytes = await sizeOf(path);
    await rm(path, { force: true });
    freed += bytes ?? 0;
  }
  return freed;
}

// Undefined when it is gone or younger.
async function oldFile(path: string, before: number): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && stats.mtimeMs < before ? stats.size : undefined;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}
