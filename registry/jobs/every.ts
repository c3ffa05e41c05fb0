import { type JobTime, sleepFor, systemTime } from './job-time.ts';

export interface EveryOptions {
  /** Milliseconds until the first run. */
  readonly first: number;
  /** Milliseconds from the end of one run to the next; asked after each. */
  readonly next: () => number;
  /** Hears of each run that failed; the next one comes all the same. */
  readonly onFailure: (error: unknown) => void;
  readonly time?: JobTime | undefined;
}

/** Work that is done again and again. */
export interface Repeated {
  /** Stops it; resolves when nothing runs any more. */
  close(): Promise<void>;
}

/** Does `work` again and again, one run after the other, until it is closed: then `signal` aborts the run that goes on. */
export function every(work: (signal: AbortSignal) => Promise<void>, options: EveryOptions): Repeated {
  const stop = new AbortController();
  const running = repeat(work, options, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function repeat(
  work: (signal: AbortSignal) => Promise<void>,
  { first, next, onFailure, time = systemTime }: EveryOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let wait = first; ; wait = next()) {
    await sleepFor(time, wait, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
    if (signal.aborted) return;
  }
}
