import type { Clock } from '../../../apply/clock.ts';

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 300_000;

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** How many keys are worked on at once. */
  readonly atOnce: number;
  /** Brings one key up to date; when to look again, if time alone can change something (milliseconds). */
  readonly work: (key: string, signal: AbortSignal) => Promise<{ readonly againMs?: number | undefined }>;
  readonly onError: (key: string, error: unknown) => void;
}

/**
 * Keys that are to be brought up to date. Each is worked on by one at a time, once however often it was added; what fails
 * comes again, later each time. An empty queue costs nothing.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** When each key is due, on the clock. */
  readonly #due = new Map<string, number>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  #wake: (() => void) | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string, afterMs = 0): void {
    const due = this.#options.clock.now() + afterMs;
    const before = this.#due.get(key);
    if (before !== undefined && before <= due) return;
    this.#due.set(key, due);
    this.#wake?.();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, atOnce } = this.#options;
    while (!signal.aborted) {
      const time = clock.now();
      const ready = [...this.#due].filter(([key, due]) => due <= time && !this.#busy.has(key));
      for (const [key] of ready.slice(0, Math.max(0, atOnce - this.#busy.size)))
        this.#busy.set(key, this.#one(key, signal));
      const waiting = [...this.#due].filter(([key]) => !this.#busy.has(key)).map(([, due]) => due);
      const next = this.#busy.size >= atOnce ? Number.POSITIVE_INFINITY : Math.min(...waiting);
      await this.#sleepUntil(next, signal);
    }
    await Promise.all(this.#busy.values());
  }

  async #one(key: string, signal: AbortSignal): Promise<void> {
    this.#due.delete(key);
    try {
      const { againMs } = await this.#options.work(key, signal);
      this.#failures.delete(key);
      if (againMs !== undefined) this.add(key, againMs);
    } catch (error) {
      if (signal.aborted) {
        // For the next holder of the lease.
        this.add(key);
        return;
      }
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      this.add(key, Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)));
      this.#options.onError(key, error);
    } finally {
      this.#busy.delete(key);
      this.#wake?.();
    }
  }

  async #sleepUntil(due: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const stop = AbortSignal.any([signal, woken.signal]);
    const ms = due - this.#options.clock.now();
    if (Number.isFinite(ms)) await this.#options.clock.sleep(Math.max(0, ms), stop).catch(() => undefined);
    else
      await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    this.#wake = undefined;
  }
}
