import { setTimeout as sleepFor } from 'node:timers/promises';

export interface RetryPolicy {
  /** How often something is tried in all. */
  readonly tries: number;
  /** Longest pause after the first failure; doubles from try to try (milliseconds). */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** How long one request waits in all because the server asked for it (Retry-After), in milliseconds. */
  readonly maxAskedMs: number;
  /** A number from 0 to 1: pauses are spread so that many clients don't come back at once. */
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export const DEFAULT_RETRY: RetryPolicy = {
  tries: 5,
  firstPauseMs: 250,
  maxPauseMs: 15_000,
  maxAskedMs: 15 * 60_000,
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
  },
};

/** Bytes that a long transfer must have gained since it last broke for its tries to be counted from the first again. */
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

/**
 * Calls `attempt` until it returns; a TryAgain costs one of the tries, any other error ends it at once. A try that the
 * server itself put off costs none: it is asked again when it said, as long as all those waits stay below their limit;
 * `onWait` is called before each with milliseconds.
 */
export async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
  onWait?: (ms: number) => void,
): Promise<T> {
  const waits = new Waits(policy, onWait);
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      const ms = waits.after(error);
      if (ms === undefined) throw error.cause;
      await policy.sleep(ms, signal);
    }
  }
}

class Waits {
  readonly #policy: RetryPolicy;
  readonly #onWait: ((ms: number) => void) | undefined;
  #failures = 0;
  #askedMs = 0;

  constructor(policy: RetryPolicy, onWait: ((ms: number) => void) | undefined) {
    this.#policy = policy;
    this.#onWait = onWait;
  }

  /** Milliseconds to wait before the next try; undefined when there is none. */
  after({ afterMs = 0, gained }: TryAgain): number | undefined {
    if (afterMs > 0) return this.#asked(afterMs);
    this.#failures = gained ? 1 : this.#failures + 1;
    return this.#failures >= this.#policy.tries ? undefined : pauseMs(this.#policy, this.#failures);
  }

  #asked(afterMs: number): number | undefined {
    const ms = Math.max(afterMs, pauseMs(this.#policy, 1));
    this.#askedMs += ms;
    if (this.#askedMs > this.#policy.maxAskedMs) return undefined;
    this.#onWait?.(ms);
    return ms;
  }
}

/** Waits before another try; throws at once when the signal says so. */
export async function pause(
  policy: RetryPolicy,
  failures: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await policy.sleep(pauseMs(policy, failures), signal);
}

/** Exponential backoff with jitter; never longer than the limit. */
export function pauseMs(policy: RetryPolicy, failures: number): number {
  const longest = Math.min(policy.maxPauseMs, policy.firstPauseMs * 2 ** (failures - 1));
  return longest * (0.5 + policy.random() / 2);
}
