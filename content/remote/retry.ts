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

/** Bytes that a long transfer must have gained since it last broke for its tries to be counted anew. */
export const GAIN_BYTES = 1024 * 1024;

/** Thrown inside `retry` to have another try made. */
export class TryAgain extends Error {
  /** How long the server asked to wait. */
  readonly afterMs: number | undefined;
  /** The failed try got ahead: it counts as the first. */
  readonly gained: boolean;

  constructor(
    cause: unknown,
    { afterMs, gained = false }: { afterMs?: number | undefined; gained?: boolean } = {},
  ) {
    super('try again', { cause });
    this.afterMs = afterMs;
    this.gained = gained;
  }
}

/** Calls `attempt` until it returns; a TryAgain costs one of the tries, any other error ends it at once. */
export async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      failures = error.gained ? 1 : failures + 1;
      if (failures >= policy.tries) throw error.cause;
      await pause(policy, failures, signal, error.afterMs);
    }
  }
}

/** Waits before another try; throws at once when the signal says so. */
export async function pause(
  policy: RetryPolicy,
  failures: number,
  signal: AbortSignal | undefined,
  afterMs?: number,
): Promise<void> {
  await sleep(pauseMs(policy, failures, afterMs), undefined, signal === undefined ? {} : { signal });
}

/** Exponential backoff with jitter; never shorter than what the server asked for, never longer than the limit. */
export function pauseMs(policy: RetryPolicy, failures: number, afterMs = 0): number {
  const longest = Math.min(policy.maxPauseMs, policy.firstPauseMs * 2 ** (failures - 1));
  return Math.min(policy.maxPauseMs, Math.max(afterMs, longest * (0.5 + policy.random() / 2)));
}
