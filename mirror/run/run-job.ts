import type { ItemComparison } from '../../content/copy/copy-items.ts';
import type { WritableStore } from '../../content/store.ts';
import { backupFor, keepBackup } from './backup.ts';
import type { MirrorContext } from './context.ts';
import { attemptPart, type JobPart, openParts } from './job-parts.ts';
import { type JobRun, requireItems, SelectedItems } from './selected-items.ts';

/**
 * Mirrors all that a job selects. What fails is in the tally, and stops nothing else; a job that can't go on throws.
 * Throws MIRROR_NOTHING_SELECTED and what opening stores throws.
 */
export async function runJob(run: JobRun, target: WritableStore, context: MirrorContext): Promise<void> {
  for await (const part of openParts(run, context)) {
    await attemptPart(run, context, () => runPart(run, part, target, context));
    await part.close();
  }
  requireItems(run);
}

async function runPart(
  run: JobRun,
  { source, selections }: JobPart,
  target: WritableStore,
  { engine, file, signal, onProgress }: MirrorContext,
): Promise<void> {
  const { job, tally, wanted } = run;
  const items = new SelectedItems(run, selections);
  // Between being compared and being copied, each by the digest that was compared.
  const beforeCopy = async (comparison: ItemComparison) => {
    await items.verify(comparison, source, { signal });
    const backup = backupFor(job, comparison);
    if (backup === undefined) return;
    await keepBackup(target, comparison, backup, { signal });
    tally.backedUp(comparison.item, backup);
  };
  const results = engine.copyItems(source, target, items.all(), {
    signal,
    width: file.mirror.parallel,
    recheckReferrers: job.recheckReferrers,
    // What a source that is a mirror itself left out was left out there.
    sparse: job.allowSparse,
    beforeCopy,
    onProgress,
  });
  for await (const result of results) {
    const { item } = result;
    if (!tally.add(result)) wanted.keep((item.to ?? item).repository);
  }
}
