import { BUNDLE_SUFFIX } from '../../bundle/bundle-name.ts';
import { isAddress } from '../../bundle/location.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import type { Store, WritableStore } from '../../content/store.ts';
import { canDelete, canFree } from '../../content/stores/deleting-store.ts';
import { mirrorError } from '../errors.ts';
import type { Job } from '../file/job-schema.ts';
import { failureOf } from '../select/selection.ts';
import { SignatureRules } from '../verify/signature-rules.ts';
import { runBundleJob } from './bundle-job.ts';
import type { MirrorContext } from './context.ts';
import { planDeletes } from './deletes.ts';
import { type JobResult, JobTally } from './job-result.ts';
import { runJob } from './run-job.ts';
import type { JobRun } from './selected-items.ts';
import { wantedByJob } from './wanted-tags.ts';

/**
 * Runs all jobs, one after the other, then deletes what they were asked to delete. Whatever fails is in the results;
 * only an abort is thrown.
 */
export async function runMirror(
  context: MirrorContext,
  onJob: (job: Job) => void = () => {},
): Promise<JobResult[]> {
  const { mirror } = context.file;
  const signatures = new SignatureRules(context.file);
  const wantedBy = wantedByJob(context.file);
  const runs: JobRun[] = mirror.jobs.map((job) => ({
    job,
    signatures,
    tally: new JobTally({ job: job.name, from: job.from ?? 'registries of its images', to: job.to }),
    wanted: wantedBy(job),
  }));
  for (const run of runs) {
    onJob(run.job);
    await attempt(run, context, () => runOne(run, context));
  }
  for (const run of runs)
    if (run.job.delete !== undefined) await attempt(run, context, () => deleteUnwanted(run, context));
  return runs.map(({ tally }) => tally.result());
}

async function attempt(run: JobRun, { signal }: MirrorContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    signal?.throwIfAborted();
    run.wanted.giveUp();
    run.tally.ended(failureOf(thrown, `job ${run.job.name}`));
  }
}

async function runOne(run: JobRun, context: MirrorContext): Promise<void> {
  const { job } = run;
  if (isBundlePath(job.to)) return await runBundleJob(run, context.file.resolve(job.to), context);
  const { store, close } = await openJobTarget(job, context);
  try {
    await runJob(run, store, context);
    await freeSpace(run, store, context);
  } finally {
    await close();
  }
}

/** True for a target that is written as a whole. */
export function isBundlePath(location: string): boolean {
  return !isAddress(location) && location.endsWith(BUNDLE_SUFFIX);
}

async function openJobTarget({ to }: Job, { file, locations }: MirrorContext) {
  return await locations.target(isAddress(to) ? to : file.resolve(to));
}

async function deleteUnwanted(run: JobRun, context: MirrorContext): Promise<void> {
  const { job, tally, wanted } = run;
  if (job.delete === undefined || isBundlePath(job.to)) return;
  const { store, close } = await openJobTarget(job, context);
  try {
    const held = await wanted.heldBy(store, job.name, context.signal);
    const plan = planDeletes(held, { maxShare: job.delete.maxShare, backups: wanted.backups });
    if (!plan.allowed) throw tooMuch(job, plan.tags.length, plan.held);
    for (const tag of plan.tags) {
      try {
        await deleteTag(store, tag.repository, tag.tag, context);
        tally.deleted(tag);
      } catch (thrown) {
        context.signal?.throwIfAborted();
        tally.failed(failureOf(thrown, tag.tag), tag.repository, tag.tag);
      }
    }
    await freeSpace(run, store, context);
  } finally {
    await close();
  }
}

// What tags stood for before they moved, and what was deleted; asked for, as it can't be brought back.
async function freeSpace({ job, tally }: JobRun, store: Store, { signal }: MirrorContext): Promise<void> {
  if (!job.delete?.freeSpace || !canFree(store)) return;
  tally.freed((await store.freeSpace({ signal })).bytes);
}

export function tooMuch(job: Job, count: number, held: number): SkerryError {
  return mirrorError('MIRROR_DELETES_TOO_MUCH', {
    subject: `job ${job.name}`,
    detail: `${count} of ${held} tags, and maxShare is ${job.delete?.maxShare} %`,
  });
}

async function deleteTag(
  store: WritableStore,
  repository: string,
  tag: string,
  { signal }: MirrorContext,
): Promise<void> {
  if (!canDelete(store)) throw mirrorError('MIRROR_CANNOT_DELETE', { subject: store.name });
  await store.deleteTag(repository, tag, { signal }).catch((cause: unknown) => {
    if (!isSkerryError(cause, 'DELETE_UNSUPPORTED')) throw cause;
    throw mirrorError('MIRROR_CANNOT_DELETE', { subject: store.name, detail: cause.detail, cause });
  });
}
