import { systemClock } from '../../apply/clock.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import { readInstallation } from '../record/installation.ts';
import { clear } from '../rehearsal/clear.ts';
import { type EndState, readEndState, type Side } from '../rehearsal/end-state.ts';
import { noteInstallation } from '../rehearsal/scratch-cluster.ts';
import { lastWords, type RunOutcome } from '../rehearsal/station.ts';
import type { DrillContext, KnownContents } from './drill-context.ts';

const LOOK_MS = 2000;
/** A cluster is given so long to become healthy after the last run has ended. */
const SETTLE_MS = 180_000;

/** Has a cluster that is at one of the releases at this one, healthy and as it was undisturbed. Throws REHEARSAL_FAILED. */
export async function getTo(
  context: DrillContext,
  release: 'old' | 'new',
  known: KnownContents,
): Promise<void> {
  const { operator, pair } = context;
  const { at, healthy } = await settle(context, known);
  if (healthy && at === 'old' && release === 'new') await must(context, operator.upgrade());
  if (healthy && at === 'new' && release === 'old') await must(context, operator.rollback());
  const end = await settle(context, known);
  if (end.at === release && end.healthy) return;
  throw installerError('REHEARSAL_FAILED', {
    subject: pair[release].bundle.release.version,
    detail: `it is at ${end.at}, ${end.healthy ? '' : 'not '}healthy: ${end.problems.join('; ')}`,
  });
}

/** Installs the old release again from nothing. */
export async function installOld(context: DrillContext): Promise<void> {
  const { operator, pair, stations, objects, signal } = context;
  await clear(pair.client, { operator, station: stations.first, signal });
  try {
    await must(context, operator.install());
  } finally {
    await noteInstallation(pair.client, signal);
  }
  for (const object of objects) await pair.client.apply(object, { signal, force: true });
}

/** Goes on from another workstation with what was broken off, as the journal says, until it is at an end. */
export async function goOn(context: DrillContext): Promise<RunOutcome[]> {
  const { operator, stations } = context;
  const outcomes: RunOutcome[] = [];
  for (let tries = 0; tries < 3; tries++) {
    const direction = await openDirection(context);
    if (direction === undefined) break;
    const args = direction === 'forward' ? operator.upgrade() : operator.rollback();
    outcomes.push(await limited(context, (signal) => stations.second.run(args, signal)));
  }
  return outcomes;
}

/** Where it ends, once it is healthy or the patience is over. */
export async function settle(context: DrillContext, known?: KnownContents): Promise<EndState> {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const state = await lookOnce(context, known);
    const isEnd = state.healthy && (state.at === 'old' || state.at === 'new');
    if (isEnd || performance.now() > until) return state;
    await systemClock.sleep(LOOK_MS, context.signal);
  }
}

/** Runs something with the drill's patience; it is stopped, as by Ctrl-C, when that is over. */
export async function limited<T>(
  { signal, patienceMs }: DrillContext,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(patienceMs);
  try {
    return await work(AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    throw installerError('REHEARSAL_FAILED', {
      subject: 'patience',
      detail: `a run took more than ${Math.round(patienceMs / 60_000)} minutes`,
    });
  }
}

async function lookOnce(
  { pair: { client, helm, old, new: next }, signal }: DrillContext,
  known?: KnownContents,
): Promise<EndState> {
  const side = ({ bundle }: Pick<Side, 'bundle'>, contents: Side['contents']) => ({ bundle, contents });
  const sides = { old: side(old, known?.old), new: side(next, known?.new) };
  try {
    return await readEndState({ client, helm, sides, signal });
  } catch (error) {
    signal.throwIfAborted();
    return { at: 'between', healthy: false, problems: [messageOf(error)] };
  }
}

/** Which way the journal says it was going; undefined where nothing is open. */
async function openDirection({ pair: { client }, signal }: DrillContext) {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    try {
      return (await readInstallation(client, { signal }))?.installation.upgrade?.direction;
    } catch (error) {
      // The API server may still be on its way back.
      if (signal.aborted || !isSkerryError(error) || performance.now() > until) throw error;
      await systemClock.sleep(LOOK_MS, signal);
    }
  }
}

async function must(context: DrillContext, args: readonly string[]): Promise<void> {
  const outcome = await limited(context, (signal) => context.stations.first.run(args, signal));
  if (outcome.exitCode === 0) return;
  throw installerError('REHEARSAL_FAILED', { subject: args[0] ?? '', detail: lastWords(outcome) });
}
