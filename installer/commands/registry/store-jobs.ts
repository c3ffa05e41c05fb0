import type { Audit } from '../../../registry/audit/audit.ts';
import { gcJob } from '../../../registry/gc/gc-job.ts';
import { type OfferedJob, offered } from '../../../registry/jobs/store-job.ts';
import type { Log } from '../../../registry/log.ts';
import type { Metrics } from '../../../registry/metrics/metrics.ts';
import { checkJob } from '../../../registry/scrub/check-job.ts';
import { usageJob } from '../../../registry/usage/usage-job.ts';
import { openRepairSource } from './repair-source.ts';

export interface StoreJobsOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly metrics: Metrics;
  readonly audit: Audit | undefined;
  readonly log: Log;
  readonly readOnly: boolean | undefined;
}

/** What a registry that has its store open does for commands on the same machine. */
export function storeJobs({ env, metrics: { jobs }, audit, log, readOnly }: StoreJobsOptions): OfferedJob[] {
  return [
    offered(
      checkJob({
        openSource: (source) => openRepairSource(source, env),
        observer: jobs.scrub,
        audit,
        readOnly,
      }),
    ),
    offered(gcJob({ observer: jobs.collection, audit, log, readOnly })),
    offered(usageJob),
  ];
}
