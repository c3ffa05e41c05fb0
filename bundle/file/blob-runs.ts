import type { FileHandle } from 'node:fs/promises';
import { readSpan } from '../../content/bytes/read-span.ts';
import { SpanWriter } from '../../content/bytes/span-writer.ts';
import type { Place } from './table.ts';

/** A place in a file that is being written. */
export interface Run {
  readonly handle: FileHandle;
  readonly place: Place;
}

/** Where all bytes of one blob go, in their order: one place, or one in each of several volumes. */
export type BlobRuns<R extends Run = Run> = readonly [R, ...R[]];

export function sizeOfRuns(runs: readonly Run[]): number {
  return runs.reduce((sum, { place }) => sum + place.size, 0);
}

/** The first `bytes` of a blob. Ends early where a file does. */
export async function* readRuns(
  runs: readonly Run[],
  bytes: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let left = bytes;
  for (const { handle, place } of runs) {
    const wanted = Math.min(left, place.size);
    let read = 0;
    for await (const chunk of readSpan(handle, place.start, place.start + wanted, signal)) {
      read += chunk.byteLength;
      yield chunk;
    }
    left -= wanted;
    if (left <= 0 || read < wanted) return;
  }
}

/** Writes bytes one behind the other into the places of a blob. What it is given is its own from then on. */
export class RunsWriter<R extends Run> {
  readonly #runs: readonly R[];
  readonly #onWritten: (bytes: number, run: R) => void;
  readonly #onBytes: (bytes: Uint8Array, run: R) => void;
  #next = 0;
  #current: { readonly run: R; readonly writer: SpanWriter; left: number } | undefined;

  /** `onBytes` sees the bytes of each place before they are written. */
  constructor(
    runs: readonly R[],
    {
      onBytes,
      onWritten,
    }: { onBytes: (bytes: Uint8Array, run: R) => void; onWritten: (bytes: number, run: R) => void },
  ) {
    this.#runs = runs;
    this.#onBytes = onBytes;
    this.#onWritten = onWritten;
  }

  /** Throws what writing earlier bytes threw. No more bytes may come than there are places for. */
  async write(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.byteLength > 0) {
      const current = await this.#place();
      if (current === undefined) throw new RangeError('more bytes than there are places for');
      // Its memory goes back with the last part of it.
      const part = rest.byteLength <= current.left ? rest : Buffer.from(rest.subarray(0, current.left));
      this.#onBytes(part, current.run);
      rest = rest.subarray(part.byteLength);
      current.left -= part.byteLength;
      await current.writer.write(part);
    }
  }

  async flush(): Promise<void> {
    await this.#current?.writer.flush();
  }

  async #place() {
    while (this.#current === undefined || this.#current.left === 0) {
      const run = this.#runs[this.#next++];
      await this.flush();
      if (run === undefined) return undefined;
      const { handle, place } = run;
      const writer = new SpanWriter(handle, place.start, (bytes) => this.#onWritten(bytes, run));
      this.#current = { run, writer, left: place.size };
    }
    return this.#current;
  }
}
