/** Bytes of a large buffer: what costs time is each single read and write, and not their bytes. */
const LARGE = 512 * 1024;
/** So many large ones are lent at a time: 22 MiB. */
const MOST_LARGE = 44;
/** Fallback buffers, so that one slow client can't starve the rest: 12 MiB of them. */
const SMALL = 64 * 1024;
const MOST_SMALL = 192;
/** And then these, as there is no end to clients that read nothing: each has two at most, so 64 MiB for 4096. */
const TINY = 8 * 1024;
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
  /** Those between tiny and large. */
  #otherLent = 0;

  /** A buffer for at most `wanted` bytes; it may have room for fewer. */
  take(wanted: number): Buffer {
    if (wanted > SMALL && this.#largeLent < MOST_LARGE) {
      this.#largeLent++;
      return this.#large.pop() ?? Buffer.allocUnsafeSlow(LARGE);
    }
    if (wanted <= TINY || this.#otherLent === MOST_SMALL)
      return Buffer.allocUnsafeSlow(Math.min(wanted, TINY));
    this.#otherLent++;
    return wanted < SMALL ? Buffer.allocUnsafe(wanted) : (this.#small.pop() ?? Buffer.allocUnsafeSlow(SMALL));
  }

  /** For a buffer that is no longer in use. */
  giveBack(buffer: Buffer): void {
    this.discard(buffer);
    if (buffer.byteLength === LARGE) this.#large.push(buffer);
    if (buffer.byteLength === SMALL && this.#small.length < MOST_SPARE_SMALL) this.#small.push(buffer);
  }

  /** For a buffer that the kernel may still be using: it is never lent again. */
  discard({ byteLength }: Buffer): void {
    if (byteLength === LARGE) this.#largeLent--;
    else if (byteLength > TINY) this.#otherLent--;
  }
}
