import { systemClock } from '../../apply/clock.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { lastWords, type RunOutcome, type StationRun } from '../rehearsal/station.ts';
import { BoundaryWatch } from './boundary-watch.ts';
import { type Disturbance, prepare } from './disturbance.ts';
import type { DrillContext, KnownContents, TrialResult } from './drill-context.ts';
import type { Trial } from './expand.ts';
import { getTo, goOn, limited, settle } from './get-to.ts';

/**
 * Disturbs one run, goes on from elsewhere until it is at an end, and says where that is. A cluster that is `ruined` has to
 * be installed again before the next trial, and looked at again then: ids, volumes and passwords are other ones.
 */
export async function runTrial(
  trial: Trial,
  context: DrillContext,
  known: KnownContents,
): Promise<TrialResult & { ruined: boolean }> {
  const told = { id: trial.id, what: trial.what, run: trial.run, expected: trial.expected };
  const empty = { ...told, end: undefined, healthy: false, runs: 0, codes: [], seconds: 0, ruined: false };
  if (trial.when.at === 'never')
    return { ...empty, verdict: 'not-reached', detail: 'these releases have no such moment' };
  let started = performance.now();
  const since = () => Math.round((performance.now() - started) / 100) / 10;
  let outcomes: RunOutcome[] = [];
  let ruins = false;
  try {
    await getTo(context, trial.run === 'upgrade' ? 'old' : 'new', known);
    const disturbance = await prepare(trial.fault, context);
    ruins = disturbance.ruins === true;
    started = performance.now();
    const went = await disturb(trial, disturbance, context);
    outcomes = went.outcomes;
    if (went.struck !== 'struck') {
      const detail =
        went.struck === 'cannot' ? 'no --node-command that does this' : 'the run was over before';
      const result = { ...empty, verdict: went.struck, detail, seconds: since() };
      return { ...result, runs: outcomes.length, codes: codesOf(outcomes) };
    }
    outcomes = [...outcomes, ...(await goOn(context))];
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isSkerryError(error)) throw error;
    const result = { ...empty, verdict: 'failed' as const, detail: messageOf(error), seconds: since() };
    return { ...result, runs: outcomes.length, codes: codesOf(outcomes), ruined: true };
  }
  const end = await settle(context, known);
  const isOne = end.at === 'old' || end.at === 'new';
  const isExpected = trial.expected === 'either' ? isOne : end.at === trial.expected;
  const held = isExpected && end.healthy;
  const words = outcomes.at(-1);
  const last = words === undefined || words.exitCode === 0 ? '' : lastWords(words);
  return {
    ...told,
    verdict: held ? 'held' : 'failed',
    end: end.at,
    healthy: end.healthy,
    runs: outcomes.length,
    codes: codesOf(outcomes),
    seconds: since(),
    detail: held ? '' : [...end.problems, last].filter(Boolean).join('; '),
    ruined: ruins || !held,
  };
}

interface Disturbed {
  readonly struck: 'struck' | 'not-reached' | 'cannot';
  readonly outcomes: RunOutcome[];
}

async function disturb(trial: Trial, disturbance: Disturbance, context: DrillContext): Promise<Disturbed> {
  const { operator, pair, stations, signal } = context;
  return await limited(context, async (patience) => {
    const watch = BoundaryWatch.begin(pair.client, signal);
    let unmended: StationRun | undefined;
    try {
      const atStart = trial.when.at === 'start';
      const args = trial.run === 'upgrade' ? operator.upgrade(disturbance.stick) : operator.rollback();
      const unused: StationRun = { done: Promise.reject(new Error('not begun')), kill: () => {} };
      unused.done.catch(() => {});
      if (atStart && !(await disturbance.strike(unused))) return { struck: 'cannot', outcomes: [] };
      const run = stations.first.start(args, patience, disturbance.env);
      const reached = atStart || (await moment(trial, watch, run, patience));
      const struck = reached && (atStart || (await disturbance.strike(run)));
      if (!struck) {
        const outcomes = [await run.done];
        return { struck: reached ? 'cannot' : 'not-reached', outcomes };
      }
      unmended = run;
      // While the first one sleeps, the second takes over; when it wakes up, it must find that it may not go on.
      const overlapping = disturbance.overlaps ? await goOn(context) : [];
      if (disturbance.overlaps) await disturbance.mend(run, signal);
      const first = await endOf(run, disturbance, context);
      unmended = undefined;
      return { struck: 'struck', outcomes: [...overlapping, first] };
    } finally {
      await watch.close();
      // A drill that is stopped leaves no fault behind.
      if (unmended !== undefined)
        await disturbance.mend(unmended, AbortSignal.timeout(MEND_MS)).catch(() => undefined);
    }
  });
}

const MEND_MS = 60_000;

/** A fault that only its mending ends is mended after a while, so that a run that waits for it is seen to go on. */
async function endOf(
  run: StationRun,
  { mend, overlaps }: Disturbance,
  { signal }: DrillContext,
): Promise<RunOutcome> {
  if (overlaps) return await run.done;
  const stop = new AbortController();
  const waited = systemClock.sleep(MEND_MS, AbortSignal.any([signal, stop.signal])).catch(() => undefined);
  await Promise.race([run.done, waited]);
  stop.abort();
  await mend(run, signal);
  return await run.done;
}

/** False where the run was over first. */
async function moment(
  { when }: Trial,
  watch: BoundaryWatch,
  run: StationRun,
  signal: AbortSignal,
): Promise<boolean> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  void run.done.then(() => over.abort());
  try {
    if (when.at === 'boundary') await watch.until((boundary) => boundary === when.boundary, either);
    if (when.at === 'milliseconds') await systemClock.sleep(when.milliseconds, either);
    return !over.signal.aborted;
  } catch (error) {
    signal.throwIfAborted();
    if (over.signal.aborted) return false;
    throw error;
  }
}

function codesOf(outcomes: readonly RunOutcome[]): string[] {
  return [...new Set(outcomes.flatMap(({ codes }) => codes))];
}
