import { messageOf } from '../../content/error.ts';
import type { Audit } from '../audit/audit.ts';
import { every, type Repeated } from '../jobs/every.ts';
import type { Log } from '../log.ts';
import type { GcObserver } from '../metrics/job-metrics.ts';
import type { ServedStore } from '../store/served-store.ts';
import type { GcOptions } from './collect.ts';
import { observedGc } from './gc-job.ts';

export interface BackgroundOptions {
  /** Milliseconds from the end of one collection to the next. */
  readonly every: number;
  /** It is never less than this; a minute when absent. */
  readonly shortest?: number | undefined;
  readonly options: GcOptions;
  readonly log: Log;
  readonly observer?: GcObserver | undefined;
  readonly audit?: Audit | undefined;
}

/** Whatever is asked for: a collection that followed on the last one would have the registry do nothing else. */
const SHORTEST_MS = 60_000;

/** Collects the garbage of a store now and then for as long as it is served. */
export function startGc(store: ServedStore, background: BackgroundOptions): Repeated {
  const { every: span, shortest = SHORTEST_MS, options, log, observer, audit } = background;
  // Math.max would make NaN of what is no number.
  const wait = Math.max(shortest, span || 0);
  const work = async (signal: AbortSignal) => {
    const input = { ...options, by: 'schedule' };
    for await (const _ of observedGc(store, input, { signal, observer, audit, log }));
  };
  return every(work, {
    first: wait,
    next: () => wait,
    onFailure: (error) =>
      log({
        time: new Date(store.clock()).toISOString(),
        event: 'garbage-collection-failed',
        error: messageOf(error),
      }),
  });
}
