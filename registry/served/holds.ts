import type { Digest } from '../../content/digest.ts';
import { Expiries } from './expiries.ts';

/** How long somebody is waited for. Milliseconds. */
export interface HoldSpans {
  /** Who asked whether something is here. */
  readonly asked: number;
  /** Who pushed something that no manifest of theirs names yet. */
  readonly pushed: number;
}

/**
 * Digests that somebody is counting on right now: a client that was told "this is here", when it asked or when it pushed
 * it, names it in a manifest later. Garbage collection passes them over, with all that they hold on to. In memory only:
 * no push survives a restart without asking again.
 */
export class Holds {
  readonly #asked: Expiries;
  readonly #pushed: Expiries;
  /** How many are at work on a digest. */
  readonly #busy = new Map<Digest, number>();
  readonly #spans: HoldSpans;

  /** The clock in milliseconds; one that nobody sets is best. */
  constructor(clock: () => number, spans: HoldSpans) {
    this.#asked = new Expiries(clock, spans.asked);
    this.#pushed = new Expiries(clock, spans.pushed);
    this.#spans = spans;
  }

  /** For somebody who asked. */
  hold(digest: Digest): void {
    this.#asked.add(digest);
  }

  /** For somebody who pushed it, and has to push what names it. */
  holdPushed(digest: Digest): void {
    this.#pushed.add(digest);
  }

  /**
   * Ends one hold: a manifest that names the digest has come. Whose it was nobody knows, and it need not be known: each
   * who was told that it is here pushes a manifest that names it, so as long as more were told than have come, somebody
   * is still on the way.
   */
  used(digest: Digest): void {
    if (!this.#asked.end(digest)) this.#pushed.end(digest);
  }

  /** Ends all holds; who is at work on the digest still holds it. */
  letGo(digest: Digest): void {
    this.#asked.endAll(digest);
    this.#pushed.endAll(digest);
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
    return this.remaining(digest) > 0;
  }

  /** Milliseconds until nothing holds the digest any more, as far as one can know; 0 when nothing does. */
  remaining(digest: Digest): number {
    const atWork = this.#busy.has(digest) ? Math.max(1, this.#spans.asked) : 0;
    return Math.max(atWork, this.#asked.remaining(digest), this.#pushed.remaining(digest));
  }

  /** What is held now. */
  list(): Digest[] {
    return [...new Set([...this.#busy.keys(), ...this.#asked.digests(), ...this.#pushed.digests()])];
  }
}
