import type { Digest } from '../../content/digest.ts';

/**
 * Digests that somebody is counting on right now: a client that was told "this blob is here" leaves it out of its push
 * and names it in a manifest later. Garbage collection passes them over. In memory only: no push survives a restart
 * without asking again.
 */
export class Holds {
  readonly #until = new Map<Digest, number>();
  readonly #clock: () => number;
  readonly #span: number;

  /** `span` and the clock in milliseconds. */
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

  isHeld(digest: Digest): boolean {
    return (this.#until.get(digest) ?? 0) > this.#clock();
  }

  /** What is held now. */
  list(): Digest[] {
    this.#forgetEnded();
    return [...this.#until.keys()];
  }

  #forgetEnded(): void {
    const now = this.#clock();
    for (const [digest, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(digest);
    }
  }
}
