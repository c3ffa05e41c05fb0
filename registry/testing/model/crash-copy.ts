import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Belongs to the process that has the store open; SQLite's shared memory is made anew from its log. */
const NOT_KEPT = new Set(['registry.lock', 'control.sock', 'index.sqlite-shm']);

/**
 * Copies the folder of a store that is open and at rest: what another process would find if this one ended here without
 * a word. Blobs never change, so they become links.
 */
export async function crashCopy(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (NOT_KEPT.has(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory())
      await (entry.name === 'blobs' ? linkAll(source, target) : crashCopy(source, target));
    else if (entry.isFile()) await copyFile(source, target);
  }
}

async function linkAll(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkAll(source, target);
    else await link(source, target);
  }
}
