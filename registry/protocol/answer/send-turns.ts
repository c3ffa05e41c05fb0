/** Bytes for the kernel in one turn of the event loop: about a millisecond, where the kernel has the memory at hand. */
const MOST_BYTES = 1024 * 1024;

interface Waiter {
  readonly bytes: number;
  readonly send: () => void;
}

/**
 * Lets no more be sent in one turn of the event loop than takes a moment. Node accepts one connection a turn, so when
 * hundreds of large answers each sent a piece in every turn, a new connection would wait for seconds.
 */
export class SendTurns {
  readonly #waiting: Waiter[] = [];
  #left = MOST_BYTES;
  #isAhead = false;

  /** Calls `send` at once or, when enough is sent in this turn, in one of the next, first come first served. */
  wait(bytes: number, send: () => void): void {
    if (this.#waiting.length > 0 || this.#left <= 0) this.#waiting.push({ bytes, send });
    else {
      this.#left -= bytes;
      send();
    }
    this.#lookAhead();
  }

  #lookAhead(): void {
    if (this.#isAhead) return;
    this.#isAhead = true;
    setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#isAhead = false;
    this.#left = MOST_BYTES;
    while (this.#left > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#left -= next.bytes;
      this.#lookAhead();
      next.send();
    }
  }
}
