import {
  attachmentsByRepository,
  type CopyPlan,
  mergePlans,
  planItems,
} from '../../content/copy/copy-plan.ts';
import type { CopyItemsOptions, ItemResult, MirrorItem } from '../../content/copy/mirror-item.ts';
import { requireBlobs } from '../../content/copy/required-blobs.ts';
import type { Digest } from '../../content/digest.ts';
import { isSkerryError, messageOf, type SkerryError } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { mapLimited } from '../../content/limit.ts';
import type { Store } from '../../content/store.ts';
import { RoutedStore } from '../../content/stores/routed.ts';
import { indexOfPlan, writeBundle } from './write.ts';

/** Items that are planned at a time. */
const PLANNED = 8;

/**
 * Copies items into a new bundle: all are planned first, as a bundle has its table at the front; one that can't be planned
 * is left out and fails alone. What fails later leaves a file that the same command goes on with.
 * Throws OUTPUT_EXISTS, OUTPUT_UNUSABLE, DISK_FULL, REFERENCE_AMBIGUOUS, and what reading throws.
 */
export async function copyToBundle(
  path: string,
  from: Store,
  items: readonly MirrorItem[],
  options: CopyItemsOptions = {},
): Promise<ItemResult[]> {
  const source = renamed(from, items);
  const named = items.map((item) => ({ item, repository: item.to?.repository ?? item.repository }));
  const attachmentsIn = attachmentsByRepository(
    source,
    named.map(({ item, repository }) => ({ ...item, repository })),
  );
  const checked = new Set<Digest>();
  const planned = await mapLimited(named, PLANNED, async ({ item, repository }) => {
    try {
      const { reference, digest, platforms, referrers } = item;
      const name = { repository, reference: item.to?.reference ?? reference, platforms };
      const known = digest ?? (await source.resolveManifest(repository, reference, options))?.digest;
      if (known === undefined) throw notFound(item, from);
      const settings = { signal: options.signal, sparse: options.sparse, referrers };
      const plan = await planItems(source, [{ ...name, digest: known }], attachmentsIn, settings);
      await requireBlobs(plan, [source], checked, options);
      return { item, plan, digest: known };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isSkerryError(error)) throw error;
      return { item, error };
    }
  });
  const plans = planned.flatMap(({ plan }) => plan ?? []);
  if (plans.length > 0) await write(path, source, mergePlans(plans), options);
  return planned.map(({ item, plan, digest, error }) =>
    error === undefined
      ? { item, outcome: 'done', digest, bytesCopied: bytesOf(plan), omissions: plan?.omissions ?? [] }
      : failed(item, error),
  );
}

async function write(path: string, from: Store, plan: CopyPlan, options: CopyItemsOptions): Promise<void> {
  const { signal, width, onProgress } = options;
  await writeBundle(path, indexOfPlan(plan), plan, from, { signal, width, onProgress, keepsOthers: true });
}

function bytesOf(plan: CopyPlan | undefined): number {
  return plan?.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0) ?? 0;
}

function failed(item: MirrorItem, error: SkerryError): ItemResult {
  if (item.optionalFor === undefined)
    return { item, outcome: 'failed', bytesCopied: 0, omissions: [], error };
  const what = { repository: item.repository, of: item.optionalFor, what: item.reference };
  const omission = { ...what, why: 'unreadable' as const, detail: `${error.code}: ${messageOf(error)}` };
  return { item, outcome: 'waived', bytesCopied: 0, omissions: [omission], error };
}

/** The source seen under the names that its repositories get. Throws REFERENCE_AMBIGUOUS. */
function renamed(from: Store, items: readonly MirrorItem[]): Store {
  const routes = new Map<string, string>();
  for (const { repository, to } of items) {
    const name = to?.repository ?? repository;
    const known = routes.get(name) ?? repository;
    if (known !== repository)
      throw contentError('REFERENCE_AMBIGUOUS', { subject: name, detail: `${known} and ${repository}` });
    routes.set(name, repository);
  }
  return new RoutedStore(from.name, (repository) => ({
    store: from,
    repository: routes.get(repository) ?? repository,
  }));
}

function notFound({ repository, reference }: MirrorItem, { name }: Store): SkerryError {
  const subject = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  return contentError('CONTENT_NOT_FOUND', { subject, detail: name });
}
