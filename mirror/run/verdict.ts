import type { SkerryError } from '../../content/error.ts';
import { mirrorError } from '../errors.ts';
import type { ItemFailure, JobResult } from './job-result.ts';
import type { JobPlan } from './plan-mirror.ts';

type Ended = Pick<JobResult, 'job' | 'items' | 'failed' | 'failures' | 'error'>;

/**
 * What a run comes to: undefined when all is well. MIRROR_UNREACHABLE (exit code 1) when nothing of any job could be
 * done, MIRROR_INCOMPLETE (6) when something failed.
 */
export function verdictOf(jobs: readonly Ended[]): SkerryError | undefined {
  const failed = jobs.filter(({ failed: count, error }) => count > 0 || error !== undefined);
  const [first] = failed;
  if (first === undefined) return undefined;
  const nothing = jobs.every((job) => job.items === 0 || job.failed >= job.items);
  const unreachable = nothing && jobs.every(isUnreachable);
  const occurrence = { subject: failed.map(({ job }) => `job ${job}`).join(', '), detail: describe(failed) };
  return mirrorError(unreachable ? 'MIRROR_UNREACHABLE' : 'MIRROR_INCOMPLETE', occurrence);
}

/** As verdictOf, for a check: MIRROR_DRIFT (7) where nothing failed and the target is not as it should be. */
export function verdictOfCheck(plans: readonly JobPlan[]): SkerryError | undefined {
  const failed = verdictOf(plans);
  if (failed !== undefined) return failed;
  const drifted = plans.filter(
    ({ missing, moved, incomplete, deletes }) =>
      missing + moved + incomplete + (deletes?.tags.length ?? 0) > 0,
  );
  if (drifted.length === 0) return undefined;
  const detail = drifted
    .map(
      ({ job, missing, moved, incomplete, deletes }) =>
        `job ${job}: ${missing} missing, ${moved} moved, ${incomplete} incomplete, ${deletes?.tags.length ?? 0} too many`,
    )
    .join('; ');
  return mirrorError('MIRROR_DRIFT', { subject: drifted.map(({ job }) => `job ${job}`).join(', '), detail });
}

const UNREACHABLE = ['REGISTRY_UNREACHABLE', 'REGISTRY_DENIED', 'STORE_NOT_FOUND', 'MIRROR_UNREACHABLE'];

function isUnreachable({ failures, error }: Ended): boolean {
  const all = error === undefined ? failures : [...failures, error];
  return all.length > 0 && all.every(({ code }) => UNREACHABLE.includes(code));
}

const MAX_TOLD = 5;

function describe(jobs: readonly Ended[]): string {
  const told = jobs.flatMap(({ failures, error }) => (error === undefined ? failures : [error, ...failures]));
  const count = jobs.reduce((sum, { failed, error }) => sum + failed + (error === undefined ? 0 : 1), 0);
  const lines = told.slice(0, MAX_TOLD).map(describeFailure);
  return [...lines, ...(count > lines.length ? [`and ${count - lines.length} more`] : [])].join('; ');
}

/** One line about it. */
export function describeFailure({ repository, reference, code, message }: ItemFailure): string {
  const name =
    reference === undefined ? repository : `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  return `${name}: ${code} ${message}`;
}
