import type { Clock } from '../../../../apply/clock.ts';

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  #time = 0;
  readonly #start: number;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  constructor(start = '2026-01-01T00:00:00Z') {
    this.#start = Date.parse(start);
  }

  now(): number {
    return this.#time;
  }

  date(): Date {
    return new Date(this.#start + this.#time);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const sleeper = { until: this.#time + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  advance(ms: number): void {
    this.#time += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#time) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
