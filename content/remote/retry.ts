import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryPolicy {
  /** How often something is tried in all. */
  readonly tries: number;
  /** Longest pause after the first failure; doubles from try to try (milliseconds). */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** A number from 0 to 1: pauses are spread so that many clients don't come back at once. */
  readonly random: () => number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  tries: 5,
  firstPauseMs: 250,
  maxPauseMs: 15_000,
  random: Math.random,
};

/** Thrown inside `retry` to have another try made, after `afterMs` if the server said when to come back. */
export class TryAgain extends Error {
  readonly afterMs: number | undefined;

  constructor(cause: unknown, afterMs?: number) {
    super('try again', { cause });
    this.afterMs = afterMs;
  }
}

/** Calls `attempt` until it returns; a TryAgain costs one of the tries, any other error ends it at once. */
export async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: (count: number) => Promise<T>,
): Promise<T> {
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    try {
      return await attempt(count);
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      if (count >= policy.tries) throw error.cause;
      await sleep(pauseMs(policy, count, error.afterMs), undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** Exponential backoff with full jitter; never shorter than what the server asked for, never longer than the limit. */
export function pauseMs(policy: RetryPolicy, count: number, afterMs = 0): number {
  const longest = Math.min(policy.maxPauseMs, policy.firstPauseMs * 2 ** (count - 1));
  return Math.min(policy.maxPauseMs, Math.max(afterMs, longest * (0.5 + policy.random() / 2)));
}
