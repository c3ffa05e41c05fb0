import type { RetryPolicy } from './retry.ts';

/** Spreads requests so that no more than so many begin in a second. */
export class Pace {
  readonly #gapMs: number;
  readonly #sleep: RetryPolicy['sleep'];
  readonly #now: () => number;
  /** When the next request may begin. */
  #next = 0;

  /** `now`: milliseconds of a clock that is never set. */
  constructor(perSecond: number, sleep: RetryPolicy['sleep'], now: () => number = () => performance.now()) {
    this.#gapMs = 1000 / perSecond;
    this.#sleep = sleep;
    this.#now = now;
  }

  /** Waits for the turn of a request. */
  async turn(signal: AbortSignal | undefined): Promise<void> {
    const now = this.#now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#gapMs;
    if (at > now) await this.#sleep(at - now, signal);
  }
}
