import type { FileHandle } from 'node:fs/promises';

/** Written bytes after which the disk is asked to take them. */
const EVERY = 64 * 1024 * 1024;

/**
 * Makes bytes durable while more come in. Left to the end, the one datasync of a large blob would find all of it still
 * in memory, and the client would wait for the whole disk.
 */
export class WriteBack {
  readonly #file: FileHandle;
  #since = 0;
  #running: Promise<void> | undefined;
  #error: unknown;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  wrote(bytes: number): void {
    this.#since += bytes;
    if (this.#since < EVERY || this.#running !== undefined) return;
    this.#since = 0;
    this.#running = this.#file
      .datasync()
      // Kept: Linux reports a failed write to one datasync only, and the last one would then succeed.
      .catch((error: unknown) => {
        this.#error = error;
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Waits for what is under way. Throws what the disk said; then nothing is left in the file. */
  async settle(): Promise<void> {
    await this.#running;
    if (this.#error !== undefined) await this.#drop(this.#error);
  }

  /** Makes everything durable. Throws as settle does. */
  async finish(): Promise<void> {
    await this.settle();
    await this.#file.sync().catch((error: unknown) => this.#drop(error));
  }

  // What the disk failed to keep can't be told from what it kept: reading it again may show either.
  async #drop(error: unknown): Promise<never> {
    await this.#file.truncate(0);
    throw error;
  }
}
