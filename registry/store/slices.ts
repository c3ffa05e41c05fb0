import { setImmediate as nextTurn } from 'node:timers/promises';

/** Requests wait at most about this long, in milliseconds. */
const SLICE_MS = 8;

/** Runs work that yields often, a few milliseconds at a time, and lets requests be answered in between. */
export async function inSlices<T>(work: Generator<unknown, T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const end = performance.now() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done === true) return step.value;
    } while (performance.now() < end);
    await nextTurn();
  }
}
