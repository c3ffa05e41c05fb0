import type { Digest } from '../../content/digest.ts';

/**
 * Digests that somebody is counting on right now: a client that was told "this blob is here" leaves it out of its push
 * and names it in a manifest later. Garbage collection passes them over, with all that they hold on to. In memory only:
 * no push survives a restart without asking again.
 */
export class Holds {
  readonly #until = new Map<Digest, number>();
  /** How many are at work on a digest. */
  readonly #busy = new Map<Digest, number>();
  readonly #clock: () => number;
  readonly #span: number;

  /** `span` and the clock in milliseconds; a clock that nobody sets is best. */
  constructor(clock: () => number, span: number) {
    this.#clock = clock;
    this.#span = span;
  }

  hold(digest: Digest): void {
    // Anew at the end, so that the map stays in the order in which holds end.
    this.#until.delete(digest);
    this.#until.set(digest, this.#clock() + this.#span);
    this.#forgetEnded();
  }

  /** Ends what `hold` began; who is at work on the digest still holds it. */
  letGo(digest: Digest): void {
    this.#until.delete(digest);
  }

  /** Holds digests from this moment until `work` is done, however long that takes. */
  async during<T>(digests: readonly Digest[], work: () => Promise<T>): Promise<T> {
    for (const digest of digests) this.#busy.set(digest, (this.#busy.get(digest) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const digest of digests) {
        const others = (this.#busy.get(digest) ?? 1) - 1;
        if (others > 0) this.#busy.set(digest, others);
        else this.#busy.delete(digest);
      }
    }
  }

  isHeld(digest: Digest): boolean {
    return this.#busy.has(digest) || (this.#until.get(digest) ?? 0) > this.#clock();
  }

  /** Milliseconds until nothing holds the digest any more, as far as one can know; 0 when nothing does. */
  remaining(digest: Digest): number {
    if (this.#busy.has(digest)) return this.#span;
    return Math.max(0, (this.#until.get(digest) ?? 0) - this.#clock());
  }

  /** What is held now. */
  list(): Digest[] {
    this.#forgetEnded();
    return [...new Set([...this.#busy.keys(), ...this.#until.keys()])];
  }

  #forgetEnded(): void {
    const now = this.#clock();
    for (const [digest, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(digest);
    }
  }
}
