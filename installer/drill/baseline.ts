import { installerError } from '../errors.ts';
import { readInstallation } from '../record/installation.ts';
import { type Contents, compareContents, describeDifference, readContents } from '../rehearsal/contents.ts';
import { lastWords } from '../rehearsal/station.ts';
import { BoundaryWatch } from './boundary-watch.ts';
import type { DrillContext, KnownContents } from './drill-context.ts';
import type { Baseline } from './expand.ts';
import { installOld, limited, settle } from './get-to.ts';

/** What undisturbed runs do and leave. */
export interface Undisturbed {
  readonly baselines: { readonly upgrade: Baseline; readonly rollback: Baseline };
  readonly known: KnownContents;
}

/**
 * Installs the old release, upgrades it and goes back, undisturbed: by it the moments of the journal are known, and what
 * each release has in the cluster. Throws REHEARSAL_FAILED.
 */
export async function runUndisturbed(
  context: DrillContext,
  report: (text: string) => void,
): Promise<Undisturbed> {
  const { operator } = context;
  report('installing the old release');
  await installOld(context);
  const old = await contentsAt(context, 'old');
  report('upgrading');
  const upgrade = await follow(context, operator.upgrade());
  const next = await contentsAt(context, 'new');
  report('going back');
  const rollback = await follow(context, operator.rollback());
  const again = compareContents(old, await contentsAt(context, 'old'));
  if (again.length > 0)
    throw installerError('REHEARSAL_FAILED', {
      subject: 'rollback',
      detail: `undisturbed, it leaves ${again.slice(0, 10).map(describeDifference).join('; ')}`,
    });
  return { baselines: { upgrade, rollback }, known: { old, new: next } };
}

async function follow(context: DrillContext, args: readonly string[]): Promise<Baseline> {
  const { pair, stations, signal } = context;
  const watch = BoundaryWatch.begin(pair.client, signal);
  try {
    const outcome = await limited(context, (limit) => stations.first.run(args, limit));
    if (outcome.exitCode !== 0)
      throw installerError('REHEARSAL_FAILED', { subject: args[0] ?? '', detail: lastWords(outcome) });
    return { boundaries: [...new Set(watch.seen)], seconds: outcome.seconds };
  } finally {
    await watch.close();
  }
}

async function contentsAt(context: DrillContext, side: 'old' | 'new'): Promise<Contents> {
  const { pair, signal } = context;
  const state = await settle(context);
  const found = await readInstallation(pair.client, { signal });
  if (state.at === side && state.healthy && found !== undefined)
    return await readContents(pair.client, found.installation, signal);
  throw installerError('REHEARSAL_FAILED', {
    subject: pair[side].bundle.release.version,
    detail: `it is at ${state.at}, ${state.healthy ? '' : 'not '}healthy: ${state.problems.join('; ')}`,
  });
}
