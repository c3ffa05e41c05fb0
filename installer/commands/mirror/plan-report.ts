import type { JobPlan, PlannedChange } from '../../../mirror/run/plan-mirror.ts';
import { describeFailure } from '../../../mirror/run/verdict.ts';
import { formatBytes } from '../../terminal/units.ts';

/** Changes of a job that have a line of their own; `--output json` has them all. */
const MAX_LINES = 50;

export function describePlans(jobs: readonly JobPlan[]): string {
  return jobs.flatMap((job) => [...headOf(job), ...linesOf(job), costOf(job), '']).join('\n');
}

export function describeCheck(jobs: readonly JobPlan[]): string {
  return jobs.flatMap((job) => [...headOf(job), ...linesOf(job)]).join('\n');
}

function headOf({ job, from, to, items, same, missing, moved, incomplete, failed }: JobPlan): string[] {
  const failures = failed === 0 ? '' : `, ${failed} failed`;
  return [
    `job ${job}   ${from} to ${to}`,
    `  ${items} selected: ${same} the same, ${missing} missing, ${moved} moved, ${incomplete} incomplete${failures}`,
  ];
}

function linesOf({ changes, deletes, failures, error }: JobPlan): string[] {
  const lines = [
    ...changes.map(changeLine),
    ...(deletes?.tags ?? []).map(({ repository, tag }) => `  delete  ${repository}:${tag}`),
    ...failures.map((failure) => `  failed  ${describeFailure(failure)}`),
  ];
  const more = lines.length > MAX_LINES ? [`  and ${lines.length - MAX_LINES} more`] : [];
  const ended = error === undefined ? [] : [`  failed  ${describeFailure(error)}`];
  return [...lines.slice(0, MAX_LINES), ...more, ...ended];
}

const VERBS = { missing: 'copy  ', moved: 'move  ', incomplete: 'mend  ' } as const;

function changeLine({ state, name, to, bytes, backup }: PlannedChange): string {
  const kept = backup === undefined ? '' : `, kept as ${backup}`;
  const renamed = to === name ? '' : ` as ${to}`;
  return `  ${VERBS[state]}  ${name}${renamed}   ${formatBytes(bytes)}${kept}`;
}

function costOf({ bytes, bytesFreed, requests: { source, target } }: JobPlan): string {
  const freed = bytesFreed === undefined ? '' : `, ${formatBytes(bytesFreed)} to free`;
  return `  ${formatBytes(bytes)} to copy${freed}; about ${source} requests to the source and ${target} to the target`;
}
