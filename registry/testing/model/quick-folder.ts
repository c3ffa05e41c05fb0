import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How its name begins. */
export const QUICK_FOLDER = 'skerry-registry-';

/** A new folder, in memory where the system offers it: for tests that don't care what a disk keeps. */
export async function quickFolder(): Promise<string> {
  return await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), QUICK_FOLDER));
}
