/** Bytes read at a time, from a file or a socket: enough that system calls don't matter, little enough for many at once. */
export const CHUNK_BYTES = 512 * 1024;

/** Pieces of memory kept for the next reads. */
const MOST_FREE = 64;
/** What fills less of a chunk than this is copied out of it, as it would hold all of it for its own lifetime. */
const WORTH_A_CHUNK = CHUNK_BYTES / 8;

const free: ArrayBuffer[] = [];
/** Memory that is lent out, with the end of what was read into it. */
const lent = new WeakMap<ArrayBufferLike, number>();

/**
 * Memory for one read. A copy of gigabytes would otherwise allocate gigabytes, and collecting them would take as long
 * as the copying.
 */
export function takeChunk(): Buffer<ArrayBuffer> {
  return Buffer.from(free.pop() ?? new ArrayBuffer(CHUNK_BYTES));
}

/** The first `bytes` of a chunk, as what was read; they belong to whoever gets them. */
export function filled(chunk: Buffer<ArrayBuffer>, bytes: number): Buffer<ArrayBuffer> {
  const read = chunk.subarray(0, bytes);
  if (bytes < WORTH_A_CHUNK) {
    const copy = Buffer.from(read);
    keep(chunk.buffer);
    return copy;
  }
  lent.set(chunk.buffer, bytes);
  return read;
}

/**
 * Gives back bytes that nobody will look at again. Nobody has to: memory that is not given back is collected as any
 * other is. Bytes that come from elsewhere, or that others have a part of, stay as they are.
 */
export function recycle(bytes: Uint8Array): void {
  // Pieces of one read are used in their order: with the last one gone, nobody has the others.
  const { buffer, byteOffset, byteLength } = bytes;
  if (lent.get(buffer) !== byteOffset + byteLength || !(buffer instanceof ArrayBuffer)) return;
  lent.delete(buffer);
  keep(buffer);
}

function keep(buffer: ArrayBuffer): void {
  if (free.length < MOST_FREE) free.push(buffer);
}
