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
 * What somebody is counting on right now: a client that was told "this repository has it", when it asked or when it
 * pushed it, names it in a manifest later. Garbage collection passes them over, with all that they hold on to. In memory only:
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
  hold(repository: string, digest: Digest, by = ''): void {
    this.#asked.add(repository, digest, by);
  }

  /** For somebody who pushed it, and has to push what names it. */
  holdPushed(repository: string, digest: Digest, by = ''): void {
    this.#pushed.add(repository, digest, by);
  }

  /**
   * Ends one hold: somebody's manifest that names the digest has come. Clients that look alike may be many: as long as more
   * of them were told that it is here than have come with what names it, one is still on the way.
   */
  used(repository: string, digest: Digest, by = ''): void {
    if (!this.#asked.end(repository, digest, by)) this.#pushed.end(repository, digest, by);
  }

  /** Ends all holds; who is at work on the digest still holds it. */
  letGo(repository: string, digest: Digest): void {
    this.#asked.endAll(repository, digest);
    this.#pushed.endAll(repository, digest);
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

  /** Whether somebody is at work on the digest, whichever repository it is for. */
  isBusy(digest: Digest): boolean {
    return this.#busy.has(digest);
  }

  isHeld(repository: string, digest: Digest): boolean {
    return this.remaining(repository, digest) > 0;
  }

  /** Milliseconds until nothing holds the digest any more, as far as one can know; 0 when nothing does. */
  remaining(repository: string, digest: Digest): number {
    const atWork = this.isBusy(digest) ? Math.max(1, this.#spans.asked) : 0;
    return Math.max(
      atWork,
      this.#asked.remaining(repository, digest),
      this.#pushed.remaining(repository, digest),
    );
  }

  /** What is held now, by repository; what somebody is at work on is under `undefined`, for all of them. */
  list(): ReadonlyMap<string | undefined, ReadonlySet<Digest>> {
    const held = new Map<string | undefined, Set<Digest>>([[undefined, new Set(this.#busy.keys())]]);
    for (const { repository, digest } of [...this.#asked.entries(), ...this.#pushed.entries()])
      held.set(repository, (held.get(repository) ?? new Set()).add(digest));
    return held;
  }
}
