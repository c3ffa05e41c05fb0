import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../content/error.ts';
import type { Audit } from '../audit/audit.ts';
import type { CollectionObserver } from '../metrics/job-metrics.ts';
import type { Log } from '../request-log.ts';
import type { ServedStore } from '../served/served-store.ts';
import type { CollectOptions } from './collect.ts';
import { observedCollection } from './gc-job.ts';

export interface BackgroundOptions {
  /** Milliseconds from the end of one collection to the next. */
  readonly every: number;
  readonly options: CollectOptions;
  readonly log: Log;
  readonly observer?: CollectionObserver | undefined;
  readonly audit?: Audit | undefined;
}

export interface BackgroundCollection {
  /** Resolves when nothing is being collected any more. */
  close(): Promise<void>;
}

/** Collects the garbage of a store now and then for as long as it is served. */
export function startCollecting(store: ServedStore, options: BackgroundOptions): BackgroundCollection {
  const stop = new AbortController();
  const running = keepCollecting(store, options, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function keepCollecting(
  store: ServedStore,
  { every, options, log, observer, audit }: BackgroundOptions,
  signal: AbortSignal,
): Promise<void> {
  const note = (event: string, more: object) =>
    log({ time: new Date(store.parts.clock()).toISOString(), event, ...more });
  for (;;) {
    await sleepFor(every, signal);
    if (signal.aborted) return;
    try {
      const input = { ...options, by: 'schedule' };
      for await (const _ of observedCollection(store, input, { signal, observer, audit, log }));
    } catch (error) {
      if (!signal.aborted) note('garbage-collection-failed', { error: messageOf(error) });
    }
  }
}

/** A timer takes no more than 31 bits of milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0 && !signal.aborted; left -= LONGEST_MS)
    await sleep(Math.min(left, LONGEST_MS), undefined, { signal }).catch(() => {});
}
