import { gcJob } from '../../../registry/collection/gc-job.ts';
import { type OfferedJob, offered } from '../../../registry/jobs/store-job.ts';
import type { Metrics } from '../../../registry/metrics/metrics.ts';
import { checkJob } from '../../../registry/scrub/check-job.ts';
import { usageJob } from '../../../registry/usage/usage-job.ts';
import { openRepairSource } from './repair-source.ts';

/** What a registry that has its store open does for commands on the same machine. */
export function storeJobs(env: NodeJS.ProcessEnv, { jobs }: Metrics): OfferedJob[] {
  return [
    offered(checkJob({ openSource: (source) => openRepairSource(source, env), observer: jobs.scrub })),
    offered(gcJob(jobs.collection)),
    offered(usageJob),
  ];
}
