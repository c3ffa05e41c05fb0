import type { FileHandle } from 'node:fs/promises';
import { recycle } from './chunk-memory.ts';
import { writeAll } from './write-fully.ts';

/** Small pieces are gathered until they are worth a system call in another thread. */
const GATHER_BYTES = 256 * 1024;

/**
 * Writes bytes one behind the other into a file, from a position on, while the next ones are read. What it is given is
 * its own from then on: the memory is given back when the bytes have been written.
 */
export class SpanWriter {
  readonly #file: FileHandle;
  readonly #onWritten: (bytes: number) => void;
  #position: number;
  #pieces: Uint8Array[] = [];
  #gathered = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, position: number, onWritten: (bytes: number) => void = () => {}) {
    this.#file = file;
    this.#position = position;
    this.#onWritten = onWritten;
  }

  /** Throws what writing earlier bytes threw. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes);
    this.#gathered += bytes.byteLength;
    if (this.#gathered < GATHER_BYTES) return;
    await this.#writing;
    this.#begin();
  }

  /** Writes what is still gathered, and ends when everything has been written. The file may be closed after it alone. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#begin();
    await this.#writing;
  }

  #begin(): void {
    const [pieces, bytes, position] = [this.#pieces, this.#gathered, this.#position];
    if (bytes === 0) return;
    this.#pieces = [];
    this.#gathered = 0;
    this.#position += bytes;
    this.#writing = writeAll(this.#file, pieces, position).then(() => {
      for (const piece of pieces) recycle(piece);
      this.#onWritten(bytes);
    });
    // It is thrown by the next call; where none comes, something else has failed already.
    this.#writing.catch(() => {});
  }
}
