import type { SkerryError } from '../../content/error.ts';
import type { JobResult } from '../run/job-result.ts';
import { describeFailure } from '../run/verdict.ts';
import type { RunSummary } from './state-file.ts';

const MAX_FAILURES = 100;

/** What is remembered of a run: numbers of each job, and the first failures. */
export function summaryOf(
  jobs: readonly JobResult[],
  { started, ended }: { readonly started: number; readonly ended: number },
  verdict: SkerryError | undefined,
): RunSummary {
  return {
    started: new Date(started).toISOString(),
    ended: new Date(ended).toISOString(),
    ...(verdict === undefined ? {} : { code: verdict.code, message: verdict.message }),
    failures: jobs
      .flatMap(({ failures, error }) => (error === undefined ? failures : [error, ...failures]))
      .slice(0, MAX_FAILURES)
      .map(describeFailure),
    jobs: jobs.map(({ job, items, done, skipped, failed, deleted, backups, bytesCopied, error }) => ({
      ...{ job, items, done, skipped, failed, deleted, backups, bytesCopied },
      ...(error === undefined ? {} : { error: describeFailure(error) }),
    })),
  };
}
