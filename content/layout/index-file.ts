import { replaceFile } from '../bytes/blob-file.ts';
import { onDisk } from '../bytes/disk-error.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import { formatIndex, type LayoutIndex } from './layout-index.ts';
import type { LayoutNames } from './layout-names.ts';

/** So many changes, or as many as there were entries, and the file is written in the middle of a batch. */
const MANY_CHANGES = 500;
/** After so long, too: what a batch has brought is not found again when the process is killed before its end. */
const LONG_MS = 10_000;

/**
 * The `index.json` of a layout, written whole each time: after each change, or in a batch rarely enough that a copy of
 * many names costs no more than a few times the file. Changes that come while it is written share the next writing.
 */
export class IndexFile {
  readonly #path: string;
  readonly #names: LayoutNames;
  readonly #writing = new KeyedMutex();
  /** What the file holds. */
  #written: LayoutIndex;
  /** Changes so far; those that are in the file; those that were lost because it could not be written. */
  #changes = 0;
  #kept = 0;
  #lost: { readonly changes: number; readonly error: unknown } | undefined;
  #batches = 0;
  readonly #now: () => number;
  #writtenAt: number;

  /** `now`: milliseconds of a clock that is never set. */
  constructor(path: string, names: LayoutNames, now: () => number = () => performance.now()) {
    this.#path = path;
    this.#now = now;
    this.#writtenAt = now();
    this.#names = names;
    this.#written = names.index;
  }

  /** Makes a change durable, or at the end of the batch; false when it changes nothing. Throws DISK_FULL; then nothing changes. */
  async change(make: (names: LayoutNames) => boolean): Promise<boolean> {
    if (!make(this.#names)) return false;
    this.#changes++;
    const isMany = this.#changes - this.#kept >= Math.max(MANY_CHANGES, this.#written.length);
    const isLong = this.#now() - this.#writtenAt >= LONG_MS;
    if (this.#batches === 0 || isMany || isLong) await this.#write();
    return true;
  }

  beginBatch(): () => Promise<void> {
    this.#batches++;
    const begun = this.#changes;
    return async () => {
      this.#batches--;
      if (this.#changes > begun) await this.#write();
    };
  }

  async #write(): Promise<void> {
    const wanted = this.#changes;
    await this.#writing.run('', async () => {
      if (this.#lost !== undefined && wanted <= this.#lost.changes) throw this.#lost.error;
      if (wanted <= this.#kept) return;
      const [changes, index] = [this.#changes, this.#names.index];
      try {
        await onDisk(this.#path, () => replaceFile(this.#path, formatIndex(index)));
      } catch (error) {
        // What came while it was tried is lost with the rest, and told so.
        this.#lost = { changes: this.#changes, error };
        this.#kept = this.#changes;
        this.#names.reset(this.#written);
        throw error;
      }
      this.#written = index;
      this.#writtenAt = this.#now();
      this.#kept = changes;
    });
  }
}
