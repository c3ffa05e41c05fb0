import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MILLISECONDS = 200;
/** Reached only by what never comes true: machines may be slow. */
const LIMIT_MILLISECONDS = 180_000;

export interface UntilOptions<T> {
  /** 180,000 milliseconds unless told. */
  readonly limitMs?: number | undefined;
  /** Between two looks; 200 milliseconds unless told. */
  readonly pauseMs?: number | undefined;
  /** Done before each look: what else has to happen for things to go on. */
  readonly between?: (() => Promise<void>) | undefined;
  /** What is good enough; anything but undefined unless told. */
  readonly holds?: ((found: T) => boolean) | undefined;
}

/** Looks until what is found holds, and gives it. Says what it waited for and what it saw last when it never does. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  {
    limitMs = LIMIT_MILLISECONDS,
    pauseMs = PAUSE_MILLISECONDS,
    between,
    holds = () => true,
  }: UntilOptions<T> = {},
): Promise<T> {
  const began = performance.now();
  for (;;) {
    await between?.();
    const found = await look();
    if (found !== undefined && holds(found)) return found;
    if (performance.now() - began > limitMs) {
      throw new Error(
        `${what}: not within ${limitMs} ms; last seen: ${JSON.stringify(found)?.slice(0, 4000)}`,
      );
    }
    await sleep(pauseMs);
  }
}
