import { platformError } from '../../errors.ts';

export interface RateLimitOptions {
  /** Requests a second that one caller may keep up. */
  readonly perSecond: number;
  /** How many more at once. */
  readonly burst: number;
  /** How many callers are remembered; the one unused for longest is forgotten first. */
  readonly max: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

/** A bucket of tokens for each caller: full at first, it fills with time, and every request takes one. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Takes a token. Throws REQUESTS_TOO_MANY. */
  take(caller: string): void {
    const bucket = this.#fill(caller);
    if (bucket.tokens < 1) throw platformError('REQUESTS_TOO_MANY', { subject: caller });
    bucket.tokens--;
  }

  /** Puts back what was taken for something that turned out to cost nothing. */
  giveBack(caller: string): void {
    const bucket = this.#fill(caller);
    bucket.tokens = Math.min(this.#options.burst, bucket.tokens + 1);
  }

  #fill(caller: string): { tokens: number; at: number } {
    const { perSecond, burst, max, now } = this.#options;
    const at = now();
    const known = this.#buckets.get(caller) ?? { tokens: burst, at };
    const tokens = Math.min(burst, known.tokens + ((at - known.at) / 1000) * perSecond);
    const bucket = { tokens, at };
    // A Map keeps the order of insertion: the first key is the one unused for longest.
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= max) break;
      this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
