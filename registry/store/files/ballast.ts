import { randomBytes } from 'node:crypto';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSize } from '../../../content/bytes/blob-file.ts';
import { writeFully } from '../../../content/bytes/write-fully.ts';

const FILE = 'registry.ballast';
/** Enough for some thousand lines of the log and what the index needs to be opened. */
export const BALLAST_BYTES = 4 * 1024 * 1024;
/** With less than this free, the next write may fail. */
const FULL_BELOW = 1024 * 1024;
/** The ballast is taken only where it is a small part of what is free. */
const PART_OF_FREE = 4;

/**
 * Room that is the store's own. Pushes keep a reserve, but other programs that write to the disk don't; and on a disk without
 * a free byte nothing could be deleted, nor a registry be started that only serves. Then this file goes.
 */
export class Ballast {
  readonly path: string;
  readonly #folder: string;
  readonly #bytes: number;

  /** With 0 bytes none is taken; what another process took is given up all the same. */
  constructor(folder: string, bytes = 0) {
    this.path = join(folder, FILE);
    this.#folder = folder;
    this.#bytes = bytes;
  }

  /** To be called before what must work on a full disk: gives the room up, or takes it back when there is plenty. */
  async trim(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    const free = bavail * bsize;
    if (free < FULL_BELOW) await rm(this.path, { force: true });
    else if (free >= PART_OF_FREE * this.#bytes && (await this.#isMissing())) await this.#take();
  }

  async #isMissing(): Promise<boolean> {
    return this.#bytes > 0 && (await fileSize(this.path)) !== this.#bytes;
  }

  // No zeros: some file systems keep those without taking room.
  async #take(): Promise<void> {
    try {
      const file = await open(this.path, 'w');
      try {
        await writeFully(file, randomBytes(this.#bytes), 0);
      } finally {
        await file.close();
      }
    } catch {
      // Another program was quicker; without ballast the store does what it can.
      await rm(this.path, { force: true }).catch(() => {});
    }
  }
}
