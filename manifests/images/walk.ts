import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Everything below a folder, each folder before what it holds. Unlike readdir's own recursion it never follows a
 * symlink: in an unpacked image or package an absolute one points at this machine.
 */
export async function* walk(folder: string, path = ''): AsyncGenerator<{ path: string; entry: Dirent }> {
  for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
    const below = join(path, entry.name);
    yield { path: below, entry };
    if (entry.isDirectory()) yield* walk(folder, below);
  }
}
