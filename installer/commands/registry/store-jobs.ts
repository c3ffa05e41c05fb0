import { type OfferedJob, offered } from '../../../registry/jobs/store-job.ts';
import { checkJob } from '../../../registry/scrub/check-job.ts';
import { openRepairSource } from './repair-source.ts';

/** What a registry that has its store open does for commands on the same machine. */
export function storeJobs(env: NodeJS.ProcessEnv): OfferedJob[] {
  return [offered(checkJob({ openSource: (source) => openRepairSource(source, env) }))];
}
