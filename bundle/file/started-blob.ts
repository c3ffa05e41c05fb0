import { writeFully } from '../../content/bytes/write-fully.ts';
import type { BlobSource } from '../../content/store.ts';
import { type BlobRuns, readRuns, sizeOfRuns } from './blob-runs.ts';
import { BLOCK_BYTES } from './tar-header.ts';

/** Stands where the header of a blob will be, as long as not all of its bytes have come. */
const MARK = /^skerry: (\d{1,15}) bytes have come\n\0*$/;
/** So many bytes on, the mark is written again. */
const STEP_BYTES = 1024 * 1024;
/** What was given to the writer last may not be in the file yet. */
const UNWRITTEN_BYTES = 2 * 1024 * 1024;

/**
 * How far a blob has come that an interruption left in the middle. What is there is read again and hashed with the rest, so
 * a mark that is wrong, after a power cut, costs no more than a try: nothing is kept that has not the right digest.
 */
export class StartedBlob {
  readonly #runs: BlobRuns;
  readonly #size: number;
  #isWhole = false;

  constructor(runs: BlobRuns) {
    this.#runs = runs;
    this.#size = sizeOfRuns(runs);
  }

  /** The bytes of the blob: those that have come before out of the file, the others from `source`. */
  async *bytes(source: BlobSource): AsyncGenerator<Uint8Array> {
    let position = 0;
    let marked = 0;
    this.#isWhole = false;
    try {
      const offset = await this.#marked();
      if (offset > 0) {
        for await (const chunk of readRuns(this.#runs, offset)) {
          position += chunk.byteLength;
          yield chunk;
        }
        marked = position;
      }
      for await (const chunk of await source(position)) {
        position += chunk.byteLength;
        yield chunk;
        if (this.#size <= STEP_BYTES || position - marked < STEP_BYTES + UNWRITTEN_BYTES) continue;
        marked = position - UNWRITTEN_BYTES;
        await this.#mark(marked);
      }
      this.#isWhole = true;
    } finally {
      // When all of it turns out to be wrong, it is had from its beginning next time.
      const written = this.#isWhole ? 0 : Math.max(marked, position - UNWRITTEN_BYTES);
      if (this.#size > STEP_BYTES) await this.#mark(written);
    }
  }

  /** The source has ended early, and so many bytes are in the file: where the next run will have to begin. */
  async cutOff(written: number): Promise<void> {
    if (!this.#isWhole && written < this.#size && this.#size > STEP_BYTES) await this.#mark(written);
  }

  async #marked(): Promise<number> {
    const { handle, place } = this.#runs[0];
    const block = Buffer.alloc(BLOCK_BYTES);
    await handle.read(block, 0, BLOCK_BYTES, place.header);
    const bytes = Number(MARK.exec(block.toString('latin1'))?.[1] ?? 0);
    return bytes < this.#size ? bytes : 0;
  }

  async #mark(bytes: number): Promise<void> {
    const { handle, place } = this.#runs[0];
    const block = Buffer.alloc(BLOCK_BYTES);
    block.write(`skerry: ${bytes} bytes have come\n`, 'latin1');
    await writeFully(handle, block, place.header);
  }
}
