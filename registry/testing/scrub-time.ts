import type { JobTime } from '../jobs/job-time.ts';

/** For tests: time that passes only when somebody waits. */
export interface TestTime extends JobTime {
  /** Lets time pass while nobody waits; milliseconds. */
  pass(ms: number): void;
}

export function testTime(start = 0): TestTime {
  let now = start;
  return {
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    sleep: async (ms, signal) => {
      // Others get their turn, as they do while a timer runs.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      now += ms;
    },
  };
}
