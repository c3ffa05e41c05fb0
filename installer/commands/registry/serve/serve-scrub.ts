import { type Command, Option } from 'commander';
import type { Repeated } from '../../../../registry/jobs/every.ts';
import type { Log } from '../../../../registry/log.ts';
import type { ScrubObserver } from '../../../../registry/metrics/job-metrics.ts';
import { startScrub } from '../../../../registry/scrub/background-scrub.ts';
import type { ServedStore } from '../../../../registry/store/served-store.ts';
import { parseRate } from '../../../copy/rate.ts';
import { type Every, parseEvery } from '../every.ts';

export interface ScrubCommandOptions {
  readonly scrubEvery: Every;
  readonly scrubRate: number;
}

const HOUR = 3_600_000;

export function addScrubOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--scrub-every <time>', 'read each file of --store again after this long, e.g. 2w; or off')
        .argParser(parseEvery(HOUR, 'a time of an hour or more such as 12h, 30d or 8w'))
        .default(720 * HOUR, '30d'),
    )
    .addOption(
      new Option('--scrub-rate <rate>', 'and read no faster than this')
        .argParser(parseRate)
        .default(20e6, '20MB/s'),
    );
}

/** Undefined when the store is not to be scrubbed. */
export function startServeScrub(
  store: ServedStore,
  { scrubEvery, scrubRate }: ScrubCommandOptions,
  { log, observer }: { readonly log: Log; readonly observer: ScrubObserver },
): Repeated | undefined {
  if (scrubEvery === 'off') return undefined;
  return startScrub(store, { every: scrubEvery, rate: scrubRate, log, observer });
}
