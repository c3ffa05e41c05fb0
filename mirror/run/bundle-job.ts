import { type BundleStore, openBundle } from '../../bundle/file/bundle-store.ts';
import { indexOfPlan, writeBundle } from '../../bundle/file/write.ts';
import { fileSize } from '../../content/bytes/blob-file.ts';
import type { ItemComparison, ItemResult, MirrorItem } from '../../content/copy/copy-items.ts';
import { type CopyPlan, mergePlans, planCopy } from '../../content/copy/copy-plan.ts';
import { lossOf } from '../../content/copy/omission.ts';
import { requireBlobs } from '../../content/copy/required-blobs.ts';
import { type Digest, isDigest } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';
import { namesIn } from '../../content/layout/layout-index.ts';
import type { Store } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { OverlayStore } from '../../content/stores/overlay.ts';
import { type Route, RoutedStore } from '../../content/stores/routed.ts';
import { failureOf } from '../select/selection.ts';
import type { MirrorContext } from './context.ts';
import { attemptPart, type JobPart, openParts } from './job-parts.ts';
import { SameItems } from './same-items.ts';
import { type JobRun, requireItems, SelectedItems } from './selected-items.ts';

/**
 * Mirrors into a bundle, which is written whole: when all that is selected stands in the one that is there, and nothing
 * else, it stays as it is. An interrupted one is gone on with. Items that fail are in the tally; where any do, all that
 * the bundle had stays in it.
 */
export async function runBundleJob(run: JobRun, path: string, context: MirrorContext): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const routes = new Map<string, Route>();
  const nowhere = new MemoryStore('nothing');
  const source = new RoutedStore(
    'what the mirror selects',
    (name) => routes.get(name) ?? { store: nowhere, repository: name },
  );
  const held =
    (await fileSize(path)) === undefined ? undefined : await openBundle(path).catch(() => undefined);
  if (held !== undefined) parts.defer(() => held.close());
  const work: BundleWork = { source, routes, held: held ?? nowhere, results: [], checked: new Set() };
  const plans: CopyPlan[] = [];
  let changed = held === undefined;
  for await (const part of openParts(run, context)) {
    parts.defer(part.close);
    await attemptPart(run, context, async () => {
      for await (const comparison of comparisons(run, part, work.held, context)) {
        const plan = await planItem(run, comparison, part, work, context);
        if (plan === undefined) continue;
        changed ||= comparison.state !== 'same';
        plans.push(plan);
      }
    });
  }
  requireItems(run);
  if (held !== undefined && run.tally.result().failed > 0)
    plans.push(await planKept(held, mergePlans(plans), work, context));
  if (plans.length === 0) return;
  const plan = mergePlans(plans);
  const index = indexOfPlan(plan);
  // Of a job that could not say all that it wants nothing is left that could take the place of a whole bundle.
  if (run.tally.result().error !== undefined && held !== undefined) return;
  if (!changed && held?.index.length === index.length) return tellAll(run, work);
  // What the source has lost meanwhile the bundle has still.
  const from = held === undefined ? source : new OverlayStore([source, held]);
  const { bytesCopied } = await writeBundle(path, index, plan, from, {
    signal: context.signal,
    width: context.file.mirror.parallel,
    onProgress: context.onProgress,
  });
  run.tally.wrote(bytesCopied);
  tellAll(run, work);
}

interface BundleWork {
  readonly source: Store;
  readonly routes: Map<string, Route>;
  readonly held: Store;
  /** What becomes of items once the bundle is written. */
  readonly results: ItemResult[];
  /** Blobs that the source or the bundle is known to hold. */
  readonly checked: Set<Digest>;
}

function tellAll({ tally }: JobRun, { results }: BundleWork): void {
  for (const result of results) tally.add(result);
}

/** What the bundle has by names that are not planned: it can't be told whether they failed or are no longer wanted. */
async function planKept(
  held: BundleStore,
  { manifests }: CopyPlan,
  { source, routes }: BundleWork,
  { signal }: MirrorContext,
): Promise<CopyPlan> {
  const planned = new Set(manifests.map(({ repository, reference }) => `${repository}:${reference}`));
  const kept = namesIn(held.index).filter(({ repository, tag }) => !planned.has(`${repository}:${tag}`));
  for (const repository of new Set(kept.map((name) => name.repository))) {
    const route = routes.get(repository);
    const above = route && new RoutedStore(source.name, () => route);
    routes.set(repository, { store: above ? new OverlayStore([held, above]) : held, repository });
  }
  const items = kept.map(({ repository, tag }) => ({ repository, reference: tag }));
  return await planCopy(held, items, { signal, sparse: 'any' });
}

async function* comparisons(
  run: JobRun,
  { source, selections }: JobPart,
  held: Store,
  { engine, file, signal }: MirrorContext,
): AsyncGenerator<ItemComparison> {
  const { job, tally } = run;
  const items = new SelectedItems(run, selections);
  const same = new SameItems(source, held);
  const options = { signal, width: file.mirror.parallel };
  for await (const comparison of engine.compareItems(source, held, items.all(), options)) {
    const { item, state, error } = comparison;
    try {
      if (state === 'failed') throw error ?? contentError('CONTENT_NOT_FOUND', { subject: item.reference });
      await items.verify(comparison, source, options);
      const isWhole =
        state !== 'same' || job.allowSparse === 'any' || (await same.isComplete(comparison, options));
      // The name stands for the same index, and more platforms of it are wanted than before.
      yield isWhole ? comparison : { ...comparison, state: 'missing' };
    } catch (thrown) {
      signal?.throwIfAborted();
      tally.failed(failureOf(thrown, item.reference), item.repository, item.reference);
    }
  }
}

/** The plan of an item under the name that it gets; undefined, and a failure in the tally, where there is none. */
async function planItem(
  { job, tally }: JobRun,
  { item, state, source: found }: ItemComparison,
  part: JobPart,
  work: BundleWork,
  { signal }: MirrorContext,
): Promise<CopyPlan | undefined> {
  const { source, routes, held, results, checked } = work;
  const { repository, reference, platforms, referrers } = item;
  const to = item.to ?? { repository, reference };
  try {
    const route = routes.get(to.repository) ?? { store: part.source, repository };
    if (route.store !== part.source || route.repository !== repository)
      throw contentError('REFERENCE_AMBIGUOUS', {
        subject: to.repository,
        detail: `${route.repository} and ${repository}, of which a bundle takes one`,
      });
    routes.set(to.repository, route);
    const digest = found?.digest ?? (isDigest(reference) ? reference : undefined);
    const wanted: MirrorItem = { ...to, digest, platforms };
    const plan = await planCopy(source, [wanted], { signal, referrers, sparse: job.allowSparse });
    await requireBlobs(plan, [held, source], checked, { signal });
    const outcome = state === 'same' ? 'skipped' : 'done';
    const result: ItemResult = { item, outcome, digest, bytesCopied: 0, omissions: plan.omissions };
    if (lossOf(plan.omissions) === undefined) results.push(result);
    else tally.add(result);
    return plan;
  } catch (thrown) {
    signal?.throwIfAborted();
    tally.failed(failureOf(thrown, reference), repository, reference);
    return undefined;
  }
}
