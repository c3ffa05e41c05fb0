import type { Digest } from '../../content/digest.ts';
import { Expiries } from './expiries.ts';

/** How long a pin lasts, in milliseconds. */
export interface PinSpans {
  /** Of a client that asked whether something is here. */
  readonly asked: number;
  /** Of a client that pushed something which no manifest of its own names yet. */
  readonly pushed: number;
}

/**
 * Content that clients rely on right now: a client that learned "this repository has it", when it asked or when it pushed
 * it, names it in a manifest later. Each such pin is a lease: it ends after a while by itself. Garbage collection skips
 * pinned content and all that it refers to. In memory only: no push survives a restart without asking again.
 */
export class Pins {
  readonly #asked: Expiries;
  readonly #pushed: Expiries;
  /** How many are at work on a digest. */
  readonly #busy = new Map<Digest, number>();
  readonly #spans: PinSpans;
  readonly #clock: () => number;

  /** The clock in milliseconds; best one that can't be set. */
  constructor(clock: () => number, spans: PinSpans) {
    this.#asked = new Expiries(clock, spans.asked);
    this.#pushed = new Expiries(clock, spans.pushed);
    this.#spans = spans;
    this.#clock = clock;
  }

  /** For a client that asked. */
  pin(repository: string, digest: Digest, by = ''): void {
    this.#asked.add(repository, digest, by);
  }

  /** For a client that pushed it, and has to push what names it. */
  pinPushed(repository: string, digest: Digest, by = ''): void {
    this.#pushed.add(repository, digest, by);
  }

  /**
   * Ends one pin: the client's manifest that names the digest has come. Clients that look alike may be many: as long as more
   * of them learned that it is here than have come with what names it, one is still on the way.
   */
  used(repository: string, digest: Digest, by = ''): void {
    if (!this.#asked.end(repository, digest, by)) this.#pushed.end(repository, digest, by);
  }

  /** Of the clock that pins go by, in milliseconds. */
  now(): number {
    return this.#clock();
  }

  /** Ends all pins that began by `since`; work in progress on the digest still pins it. */
  release(repository: string, digest: Digest, since = this.now()): void {
    this.#asked.endAll(repository, digest, since);
    this.#pushed.endAll(repository, digest, since);
  }

  /** Pins digests from this moment until `work` is done, however long that takes. */
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

  /** Whether there is work in progress on the digest, for any repository. */
  isBusy(digest: Digest): boolean {
    return this.#busy.has(digest);
  }

  isPinned(repository: string, digest: Digest): boolean {
    return this.remaining(repository, digest) > 0;
  }

  /** Milliseconds until nothing pins the digest any more, as far as one can know; 0 when nothing does. */
  remaining(repository: string, digest: Digest): number {
    const atWork = this.isBusy(digest) ? Math.max(1, this.#spans.asked) : 0;
    return Math.max(
      atWork,
      this.#asked.remaining(repository, digest),
      this.#pushed.remaining(repository, digest),
    );
  }

  /** What is pinned now, by repository; what is being worked on is under `undefined`, for all of them. */
  list(): ReadonlyMap<string | undefined, ReadonlySet<Digest>> {
    const pinned = new Map<string | undefined, Set<Digest>>([[undefined, new Set(this.#busy.keys())]]);
    for (const { repository, digest } of [...this.#asked.entries(), ...this.#pushed.entries()])
      pinned.set(repository, (pinned.get(repository) ?? new Set()).add(digest));
    return pinned;
  }
}
