import type { Repeated } from '../../../../registry/jobs/every.ts';
import type { Log } from '../../../../registry/log.ts';
import type { ScrubObserver } from '../../../../registry/metrics/job-metrics.ts';
import { startScrub } from '../../../../registry/scrub/background-scrub.ts';
import type { ServedStore } from '../../../../registry/store/served-store.ts';
import type { ScrubCommandOptions } from './serve-options.ts';

/** Undefined when the store is not to be scrubbed. */
export function startServeScrub(
  store: ServedStore,
  { scrubEvery, scrubRate }: ScrubCommandOptions,
  { log, observer }: { readonly log: Log; readonly observer: ScrubObserver },
): Repeated | undefined {
  if (scrubEvery === 'off') return undefined;
  return startScrub(store, { every: scrubEvery, rate: scrubRate, log, observer });
}
