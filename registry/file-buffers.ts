/** Bytes of a large buffer: what costs time is each single read and write, and not their bytes. */
const LARGE = 512 * 1024;
/** So many large ones are lent at a time: 10 MiB. */
const MOST_LARGE = 20;
/** Whoever comes then gets these, so that who is slow with a large one keeps nobody waiting. */
const SMALL = 64 * 1024;
/** Kept for later, as what is not kept has to be collected: enough for 64 responses. */
const MOST_SPARE_SMALL = 128;

/**
 * Memory for files on their way out, used over and over: a stream would make a new piece each time, and on a fast link
 * the collector would have more to do than the disk.
 */
export class FileBuffers {
  readonly #large: Buffer[] = [];
  readonly #small: Buffer[] = [];
  #largeLent = 0;

  /** A buffer for at most `wanted` bytes; it may have room for fewer. */
  take(wanted: number): Buffer {
    if (wanted < SMALL) return Buffer.allocUnsafe(wanted);
    if (wanted === SMALL || this.#largeLent === MOST_LARGE)
      return this.#small.pop() ?? Buffer.allocUnsafeSlow(SMALL);
    this.#largeLent++;
    return this.#large.pop() ?? Buffer.allocUnsafeSlow(LARGE);
  }

  /** For a buffer that nobody uses any more. */
  giveBack(buffer: Buffer): void {
    this.discard(buffer);
    if (buffer.byteLength === LARGE) this.#large.push(buffer);
    if (buffer.byteLength === SMALL && this.#small.length < MOST_SPARE_SMALL) this.#small.push(buffer);
  }

  /** For a buffer that the kernel may still be using: nobody gets it again. */
  discard(buffer: Buffer): void {
    if (buffer.byteLength === LARGE) this.#largeLent--;
  }
}
