import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../apply/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is moved on, and then wakes the sleepers, one after the other. */
export class SimClock implements Clock {
  #now = 0;
  #sleepers: Sleeper[] = [];
  #busy = 0;
  readonly #start: number;

  constructor(start: Date) {
    this.#start = start.getTime();
  }

  readonly now = (): number => this.#now;

  /** The time of day. */
  readonly today = (): Date => new Date(this.#start + this.#now);

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { at: this.#now + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Calls `work` at a time; nobody waits for it. */
  later(ms: number, work: () => void): void {
    this.#sleepers.push({ at: this.#now + ms, wake: work });
  }

  /** What takes real time, such as making a certificate: the clock stands still until it is done. */
  async busy<T>(work: Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work;
    } finally {
      this.#busy--;
    }
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#still();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.at;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      next.wake();
      await this.#still();
    }
    this.#now = end;
  }

  /** The first to wake until then; of two at the same time the one that went to sleep first. */
  #next(end: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers)
      if (sleeper.at <= end && (first === undefined || sleeper.at < first.at)) first = sleeper;
    return first;
  }

  /** Until nothing goes on any more without time passing. */
  async #still(): Promise<void> {
    do await setImmediate();
    while (this.#busy > 0);
  }
}
