import { type Command, Option } from 'commander';
import type { Audit } from '../../../../registry/audit/audit.ts';
import { startGc } from '../../../../registry/gc/background-gc.ts';
import { DEFAULT_KEEP_UNTAGGED } from '../../../../registry/gc/plan/policy.ts';
import type { Repeated } from '../../../../registry/jobs/every.ts';
import type { Log } from '../../../../registry/log.ts';
import type { GcObserver } from '../../../../registry/metrics/job-metrics.ts';
import type { ServedStore } from '../../../../registry/store/served-store.ts';
import { type Every, parseEvery } from '../every.ts';

export interface ServeGcOptions {
  readonly gcEvery: Every;
  readonly readOnly?: boolean;
}

const MINUTE = 60_000;

export function addGcOptions(command: Command): Command {
  return command.addOption(
    new Option('--gc-every <time>', 'collect garbage of --store this often, e.g. 24h; or off')
      .argParser(parseEvery(MINUTE, 'a time of a minute or more such as 6h or 7d'))
      .default('off'),
  );
}

/** Undefined when garbage is collected on command only. */
export function startServeGc(
  store: ServedStore,
  { gcEvery }: ServeGcOptions,
  witnesses: {
    readonly log: Log;
    readonly observer: GcObserver;
    readonly audit: Audit | undefined;
  },
): Repeated | undefined {
  if (gcEvery === 'off') return undefined;
  const options = {
    plan: false,
    quarantine: false,
    keepUntagged: DEFAULT_KEEP_UNTAGGED,
    rules: [],
    roots: [],
  };
  return startGc(store, { every: gcEvery, options, ...witnesses });
}
