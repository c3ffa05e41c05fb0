import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MILLISECONDS = 250;

export interface Step<T> {
  readonly name: string;
  readonly holds: (state: T) => boolean;
}

/** When each step held for the first time, in seconds since `began`. */
export type Times = ReadonlyMap<string, number>;

export interface WatchOptions<T> {
  readonly look: () => Promise<T | undefined>;
  readonly steps: readonly Step<T>[];
  /** As performance.now() counts. */
  readonly began: number;
  readonly limitMs: number;
  readonly onStep: (name: string, seconds: number) => void;
}

/** Looks until every step has held once, in whatever order. Says which are missing, and what was seen last. */
export async function watchSteps<T>({
  look,
  steps,
  began,
  limitMs,
  onStep,
}: WatchOptions<T>): Promise<Times> {
  const times = new Map<string, number>();
  for (;;) {
    const state = await look();
    const seconds = (performance.now() - began) / 1000;
    for (const { name, holds } of steps) {
      if (state === undefined || times.has(name) || !holds(state)) continue;
      times.set(name, seconds);
      onStep(name, seconds);
    }
    if (times.size === steps.length) return times;
    if (seconds * 1000 > limitMs) {
      const missing = steps.map(({ name }) => name).filter((name) => !times.has(name));
      throw new Error(
        `not within ${limitMs} ms: ${missing.join(', ')}; ${JSON.stringify(state)?.slice(0, 4000)}`,
      );
    }
    await sleep(PAUSE_MILLISECONDS);
  }
}
