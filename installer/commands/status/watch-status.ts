import type { Clock } from '../../../apply/clock.ts';
import { isSkerryError, type SkerryError } from '../../../content/error.ts';
import type { Redraw } from '../../terminal/redraw.ts';

export interface WatchInput<T> {
  readonly read: (signal: AbortSignal) => Promise<T>;
  readonly json: (value: T) => unknown;
  readonly text: (value: T) => string;
  readonly redraw: Redraw;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Shows what is read again and again until the signal is aborted. A cluster that is away for a while, as during an
 * upgrade of its own, or that has nothing installed yet, is a state like others. Throws what is no SkerryError.
 */
export async function watchStatus<T>(input: WatchInput<T>): Promise<void> {
  const { read, json, text, redraw, everyMs, clock, signal } = input;
  for (;;) {
    const seen = await orProblem(read(signal));
    if (signal.aborted) return;
    if ('problem' in seen) {
      const { code, message, remedy } = seen.problem;
      redraw.show({ problem: { code, message } }, () => `${code} ${message}\n  do    ${remedy}`);
    } else {
      redraw.show(json(seen.value), () => text(seen.value));
    }
    await clock.sleep(everyMs, signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}

async function orProblem<T>(reading: Promise<T>): Promise<{ value: T } | { problem: SkerryError }> {
  try {
    return { value: await reading };
  } catch (error) {
    if (isSkerryError(error)) return { problem: error };
    throw error;
  }
}
