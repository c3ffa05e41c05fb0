import type { Digest } from '../../content/digest.ts';

/** Counts of one digest beyond this say no more. */
const MOST = 32;

/** Digests with the times at which somebody's interest in them ends; one for each who has said so. */
export class Expiries {
  readonly #ends = new Map<Digest, number[]>();
  readonly #clock: () => number;
  readonly #span: number;

  /** `span` and the clock in milliseconds. */
  constructor(clock: () => number, span: number) {
    this.#clock = clock;
    this.#span = span;
  }

  add(digest: Digest): void {
    const ends = this.#ends.get(digest) ?? [];
    if (ends.length === MOST) ends.shift();
    ends.push(this.#clock() + this.#span);
    // Anew at the end, so that the map stays in the order in which digests are forgotten.
    this.#ends.delete(digest);
    this.#ends.set(digest, ends);
    this.#forgetEnded();
  }

  /** Ends the one that would end first; false when there is none. */
  end(digest: Digest): boolean {
    if (!this.has(digest)) return false;
    const ends = (this.#ends.get(digest) ?? []).filter((end) => end > this.#clock()).slice(1);
    if (ends.length === 0) this.#ends.delete(digest);
    else this.#ends.set(digest, ends);
    return true;
  }

  endAll(digest: Digest): void {
    this.#ends.delete(digest);
  }

  has(digest: Digest): boolean {
    return this.remaining(digest) > 0;
  }

  /** Milliseconds until the last of them ends; 0 when there is none. */
  remaining(digest: Digest): number {
    return Math.max(0, (this.#ends.get(digest)?.at(-1) ?? 0) - this.#clock());
  }

  digests(): Iterable<Digest> {
    this.#forgetEnded();
    return this.#ends.keys();
  }

  #forgetEnded(): void {
    for (const digest of this.#ends.keys()) {
      if (this.has(digest)) return;
      this.#ends.delete(digest);
    }
  }
}
