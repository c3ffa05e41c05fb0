import { type JobTime, sleepFor, systemTime } from '../jobs/job-time.ts';

/** Waits that are not worth a timer, in milliseconds: they are added up. */
const SHORT_MS = 10;

/** Keeps reading to a number of bytes per second. Time that was not used is not saved up. */
export class Pace {
  readonly #rate: number | undefined;
  readonly #time: JobTime;
  /** When what was spent so far is paid for. */
  #paid = Number.NEGATIVE_INFINITY;

  /** `rate` in bytes per second; as fast as it goes when undefined. */
  constructor(rate: number | undefined, time: JobTime = systemTime) {
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
    await sleepFor(this.#time, ahead, signal);
  }
}
