import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import { type Digest, isDigest } from '../../../content/digest.ts';
import type { GcStore } from '../gc-store.ts';

export interface UnheldFile {
  readonly digest: Digest;
  readonly bytes: number;
}

const AT_ONCE = 200;

/**
 * Files among the blobs that no repository holds: what was deleted by name, and what a crash left. They can go without a
 * word in the log.
 */
export async function findUnheldFiles(
  { folder, files, index, pins }: Pick<GcStore, 'folder' | 'files' | 'index' | 'pins'>,
  signal: AbortSignal,
): Promise<UnheldFile[]> {
  const found: UnheldFile[] = [];
  for (const algorithm of ['sha256', 'sha512']) {
    let names = 0;
    for await (const name of namesIn(join(folder, 'blobs', algorithm))) {
      const digest = `${algorithm}:${name}`;
      if (++names % AT_ONCE === 0) await nextTurn();
      signal.throwIfAborted();
      if (!isDigest(digest) || index.isLinked(digest) || pins.isBusy(digest)) continue;
      found.push({ digest, bytes: (await files.size(digest)) ?? 0 });
    }
  }
  return found;
}

/** Names in a folder, none when there is no such folder. */
export async function* namesIn(folder: string): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(folder, { bufferSize: AT_ONCE }))
      if (entry.isFile()) yield entry.name;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
