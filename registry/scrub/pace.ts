import { setTimeout as wait } from 'node:timers/promises';

/** Where time comes from; tests have their own. */
export interface PaceTime {
  /** Milliseconds since some moment. */
  now(): number;
  /** Resolves after `ms` milliseconds, or throws as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemTime: PaceTime = {
  now: () => performance.now(),
  sleep: async (ms, signal) => await wait(ms, undefined, { signal }),
};

/** Waits that are not worth a timer, in milliseconds: they are added up. */
const SHORT_MS = 10;
/** A timer takes no more than 31 bits of milliseconds, and fires at once for more. */
const LONGEST_MS = 2 ** 31 - 1;

/** Keeps reading to a number of bytes per second. Time that was not used is not saved up. */
export class Pace {
  readonly #rate: number | undefined;
  readonly #time: PaceTime;
  /** When what was spent so far is paid for. */
  #paid = Number.NEGATIVE_INFINITY;

  /** `rate` in bytes per second; as fast as it goes when undefined. */
  constructor(rate: number | undefined, time: PaceTime = systemTime) {
    this.#rate = rate;
    this.#time = time;
  }

  /** To be called after each piece; resolves when the next one may be read. */
  async spend(bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.#rate === undefined) return;
    const now = this.#time.now();
    this.#paid = Math.max(this.#paid, now) + (bytes * 1000) / this.#rate;
    const ahead = this.#paid - now;
    if (ahead < SHORT_MS) return;
    for (let left = ahead; left > 0; left -= LONGEST_MS)
      await this.#time.sleep(Math.min(left, LONGEST_MS), signal);
  }
}
