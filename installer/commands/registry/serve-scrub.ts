import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../../registry/collection/duration.ts';
import type { ScrubObserver } from '../../../registry/metrics/job-metrics.ts';
import type { Log } from '../../../registry/request-log.ts';
import { type BackgroundScrub, startScrub } from '../../../registry/scrub/background-scrub.ts';
import type { ServedStore } from '../../../registry/served/served-store.ts';
import { parseRate } from '../../rate.ts';

export interface ScrubCommandOptions {
  readonly scrubEvery: number | undefined;
  readonly scrubRate: number;
}

const HOUR = 3_600_000;

export function addScrubOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--scrub-every <time>', 'read each file of --store again after this long, e.g. 2w; or off')
        .argParser(parseEvery)
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
): BackgroundScrub | undefined {
  if (scrubEvery === undefined) return undefined;
  return startScrub(store, { every: scrubEvery, rate: scrubRate, log, observer });
}

function parseEvery(text: string): number | undefined {
  if (text === 'off') return undefined;
  const every = parseDuration(text);
  if (every === undefined || every < HOUR)
    throw new InvalidArgumentError('a time of an hour or more such as 12h, 30d or 8w; or off');
  return every;
}
