import { setTimeout as wait } from 'node:timers/promises';

/** Where background work has its time from; tests have their own. */
export interface JobTime {
  /** Milliseconds since some moment. */
  now(): number;
  /** Resolves after `ms` milliseconds, or throws as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemTime: JobTime = {
  now: () => performance.now(),
  sleep: async (ms, signal) => await wait(ms, undefined, { signal }),
};

/** A timer takes no more than 31 bits of milliseconds, and fires at once for more. */
const LONGEST_MS = 2 ** 31 - 1;

/** As `sleep`, for any number of milliseconds. */
export async function sleepFor(time: JobTime, ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= LONGEST_MS) await time.sleep(Math.min(left, LONGEST_MS), signal);
}
