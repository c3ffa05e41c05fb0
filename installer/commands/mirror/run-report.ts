import type { JobResult } from '../../../mirror/run/job-result.ts';
import { describeFailure } from '../../../mirror/run/verdict.ts';
import { formatBytes } from '../../terminal/units.ts';

/** Failures of a job that have a line of their own; `--output json` has more. */
const MAX_LINES = 50;

export function describeRun(jobs: readonly JobResult[]): string {
  return jobs.flatMap(linesOf).join('\n');
}

function linesOf(result: JobResult): string[] {
  const { job, done, skipped, failed, deleted, backups, bytesCopied, bytesFreed } = result;
  const { failures, omissions, error } = result;
  const parts = [
    `${done} copied (${formatBytes(bytesCopied)})`,
    `${skipped} the same`,
    ...(backups === 0 ? [] : [`${backups} kept under another name`]),
    ...(deleted === 0 ? [] : [`${deleted} deleted`]),
    ...(bytesFreed === 0 ? [] : [`${formatBytes(bytesFreed)} freed`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ];
  const more = failed > MAX_LINES ? [`  and ${failed - MAX_LINES} more`] : [];
  return [
    `job ${job}   ${parts.join(', ')}`,
    ...failures.slice(0, MAX_LINES).map((failure) => `  failed  ${describeFailure(failure)}`),
    ...more,
    ...omissions.map((omission) => `  left out  ${omission}`),
    ...(error === undefined ? [] : [`  failed  ${describeFailure(error)}`]),
  ];
}
