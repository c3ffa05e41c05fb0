import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Audit } from '../../../registry/audit/audit.ts';
import {
  type BackgroundCollection,
  startCollecting,
} from '../../../registry/collection/background-collection.ts';
import { parseDuration } from '../../../registry/collection/duration.ts';
import { DEFAULT_KEEP_UNTAGGED } from '../../../registry/collection/policy.ts';
import type { CollectionObserver } from '../../../registry/metrics/job-metrics.ts';
import type { Log } from '../../../registry/request-log.ts';
import type { ServedStore } from '../../../registry/served/served-store.ts';

export interface ServeGcOptions {
  readonly gcEvery: number | undefined;
  readonly readOnly?: boolean;
}

const MINUTE = 60_000;

export function addGcOptions(command: Command): Command {
  return command.addOption(
    new Option('--gc-every <time>', 'collect garbage of --store this often, e.g. 24h; or off')
      .argParser(parseEvery)
      .default(undefined, 'off'),
  );
}

/** Undefined when garbage is collected on command only. */
export function startServeGc(
  store: ServedStore,
  { gcEvery }: ServeGcOptions,
  witnesses: {
    readonly log: Log;
    readonly observer: CollectionObserver;
    readonly audit: Audit | undefined;
  },
): BackgroundCollection | undefined {
  if (gcEvery === undefined) return undefined;
  const options = {
    plan: false,
    quarantine: false,
    keepUntagged: DEFAULT_KEEP_UNTAGGED,
    rules: [],
    roots: [],
  };
  return startCollecting(store, { every: gcEvery, options, ...witnesses });
}

function parseEvery(text: string): number | undefined {
  if (text === 'off') return undefined;
  const every = parseDuration(text);
  if (every === undefined || every < MINUTE)
    throw new InvalidArgumentError('a time of a minute or more such as 6h or 7d; or off');
  return every;
}
