import type { FileHandle } from 'node:fs/promises';
import { recycle } from './chunk-memory.ts';
import { writeFully } from './write-fully.ts';

/** Small pieces are gathered until they are worth a system call in another thread. */
const GATHER_BYTES = 256 * 1024;

/**
 * Writes bytes one behind the other into a file, from a position on. What it is given is its own from then on: the
 * memory is given back when the bytes have been written.
 */
export class SpanWriter {
  readonly #file: FileHandle;
  readonly #onWritten: (bytes: number) => void;
  #position: number;
  #pieces: Uint8Array[] = [];
  #gathered = 0;

  constructor(file: FileHandle, position: number, onWritten: (bytes: number) => void = () => {}) {
    this.#file = file;
    this.#position = position;
    this.#onWritten = onWritten;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes);
    this.#gathered += bytes.byteLength;
    if (this.#gathered >= GATHER_BYTES) await this.flush();
  }

  /** Writes what is still gathered. */
  async flush(): Promise<void> {
    const [pieces, bytes] = [this.#pieces, this.#gathered];
    this.#pieces = [];
    this.#gathered = 0;
    if (bytes === 0) return;
    await writeAll(this.#file, pieces, this.#position);
    this.#position += bytes;
    for (const piece of pieces) recycle(piece);
    this.#onWritten(bytes);
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[], position: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces, position);
  if (bytesWritten === pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)) return;
  // A disk that is nearly full takes a part; writing the rest says why.
  await writeFully(file, Buffer.concat(pieces).subarray(bytesWritten), position + bytesWritten);
}
