import type { Audit } from '../../../../registry/audit/audit.ts';
import { startGc } from '../../../../registry/gc/background-gc.ts';
import { DEFAULT_KEEP_UNTAGGED } from '../../../../registry/gc/plan/keep-untagged.ts';
import type { Repeated } from '../../../../registry/jobs/every.ts';
import type { Log } from '../../../../registry/log.ts';
import type { GcObserver } from '../../../../registry/metrics/job-metrics.ts';
import type { ServedStore } from '../../../../registry/store/served-store.ts';
import type { ServeGcOptions } from './serve-options.ts';

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
