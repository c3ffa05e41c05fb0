import type { FileHandle } from 'node:fs/promises';
import { readSpan } from '../../content/bytes/read-span.ts';
import { writeFully } from '../../content/bytes/write-fully.ts';
import type { BlobSource } from '../../content/store.ts';
import type { Place } from './table.ts';
import { BLOCK_BYTES } from './tar-header.ts';

/** Stands where the header of a blob will be, as long as not all of its bytes have come. */
const MARK = /^skerry: (\d{1,15}) bytes have come\n\0*$/;
/** So many bytes on, the mark is written again. */
const STEP_BYTES = 1024 * 1024;
/** What was given to the writer last may not be in the file yet. */
const UNWRITTEN_BYTES = 2 * 1024 * 1024;

/**
 * How far blobs have come that an interruption left in the middle. What is there is read again and hashed with the rest, so
 * a mark that is wrong, after a power cut, costs no more than a try: nothing is kept that has not the right digest.
 */
export class StartedBlobs {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The bytes of a blob: those that have come before out of the file, the others from `source`. */
  resume(place: Place, source: BlobSource): BlobSource {
    return async () => this.#bytes(place, source);
  }

  async *#bytes(place: Place, source: BlobSource): AsyncGenerator<Uint8Array> {
    const { start, size } = place;
    let position = 0;
    let marked = 0;
    let isWhole = false;
    try {
      const offset = await this.#marked(place);
      if (offset > 0) {
        for await (const chunk of readSpan(this.#file, start, start + offset)) {
          position += chunk.byteLength;
          yield chunk;
        }
        marked = position;
      }
      for await (const chunk of await source(position)) {
        position += chunk.byteLength;
        yield chunk;
        if (size <= STEP_BYTES || position - marked < STEP_BYTES + UNWRITTEN_BYTES) continue;
        marked = position - UNWRITTEN_BYTES;
        await this.#mark(place, marked);
      }
      isWhole = true;
    } finally {
      // When all of it turns out to be wrong, it is had from its beginning next time.
      const written = isWhole ? 0 : Math.max(marked, position - UNWRITTEN_BYTES);
      if (size > STEP_BYTES) await this.#mark(place, written);
    }
  }

  async #marked({ header, size }: Place): Promise<number> {
    const block = Buffer.alloc(BLOCK_BYTES);
    await this.#file.read(block, 0, BLOCK_BYTES, header);
    const bytes = Number(MARK.exec(block.toString('latin1'))?.[1] ?? 0);
    return bytes < size ? bytes : 0;
  }

  async #mark({ header }: Place, bytes: number): Promise<void> {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.write(`skerry: ${bytes} bytes have come\n`, 'latin1');
    await writeFully(this.#file, block, header);
  }
}
