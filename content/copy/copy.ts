import type { Digest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { mapLimited } from '../limit.ts';
import type { CallOptions, ContentSink, Store, WritableStore } from '../store.ts';
import { inBatch } from '../stores/batching-store.ts';
import { BlobCopier, DEFAULT_WIDTH } from './blob-copier.ts';
import { NameComparisons } from './compare-item.ts';
import { CopyCounter, type CopyProgress } from './copy-counter.ts';
import {
  type AttachmentsIn,
  attachmentsByRepository,
  type CopyItem,
  type CopyPlan,
  groupByHeight,
  largestFirst,
  type PlanOptions,
  planItems,
} from './copy-plan.ts';
import type { Omission } from './omission.ts';
import { TargetView } from './target-view.ts';
import { isUnchanged } from './unchanged.ts';

export type { CopyProgress } from './copy-counter.ts';

/** Items that are compared at a time. */
const COMPARED = 8;

export interface CopyOptions extends CallOptions {
  /** Blobs under way at a time. */
  readonly width?: number | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

interface CompareOptions extends PlanOptions {
  /** Walks and asks for each blob of what is the same at both sides, too. */
  readonly recheckContent?: boolean | undefined;
}

export interface CopyResult {
  readonly bytesCopied: number;
  /** Bytes of what was not the same at both sides that the target had already. */
  readonly bytesSkipped: number;
  readonly manifests: number;
  /** What belongs to it and was not copied. */
  readonly omissions: readonly Omission[];
}

/**
 * Copies items and all that they reach from one store to another, all of them or none of their tags: what can't be had
 * throws. Names that stand for the same at both sides cost one question at each; with `recheckContent` they are walked
 * all the same, and each blob is asked for. Throws as planCopy, and what reading and writing throw.
 */
export async function copyContent(
  from: Store,
  to: WritableStore,
  items: readonly CopyItem[],
  options: CopyOptions & CompareOptions = {},
): Promise<CopyResult> {
  const target = new TargetView(to, { recheck: options.recheckContent });
  const attachmentsIn = attachmentsByRepository(from, items);
  const compared = await compareAll(from, target, items, attachmentsIn, options);
  const left = items.filter((item) => !compared.unchanged.has(item));
  const isHeld = async (repository: string, digest: Digest) =>
    (await target.lookUp(repository, digest, options)) === 'whole';
  const plan = await planItems(from, left, attachmentsIn, { ...options, isHeld });
  // A name that stands for what it should is not written again because something else of it was missing.
  const manifests = plan.manifests.filter(
    ({ repository, reference, manifest }) =>
      compared.named.get(`${repository} ${reference}`) !== manifest.digest,
  );
  return await executeCopy({ ...plan, manifests }, from, to, options);
}

async function compareAll(
  from: Store,
  target: TargetView,
  items: readonly CopyItem[],
  attachmentsIn: AttachmentsIn,
  { referrers, recheckReferrers, signal }: CompareOptions,
) {
  const comparisons = new NameComparisons(from, target);
  const unchanged = new Set<CopyItem>();
  /** What names stand for at the target, by repository and reference. */
  const named = new Map<string, Digest>();
  await mapLimited(items, COMPARED, async (item) => {
    const attachments = attachmentsIn(item.repository);
    if (referrers !== 'none') await attachments.prepare({ signal });
    const names = await comparisons.compare(item, { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      // The plan says what that means.
      if (isSkerryError(error)) return undefined;
      throw error;
    });
    if (names?.target === undefined) return;
    named.set(`${item.repository} ${item.reference}`, names.target.digest);
    const sides = { from, to: target, attachments, names: comparisons };
    if (!recheckReferrers && (await isUnchanged(sides, { ...item, referrers }, names, { signal })))
      unchanged.add(item);
  });
  return { unchanged, named };
}

/**
 * Carries out a plan: blobs first, then manifests from the bottom up, tags last, so that whatever the target shows is
 * complete at every moment. Every store checks digests before it keeps anything.
 */
export async function executeCopy(
  plan: CopyPlan,
  from: Store,
  to: ContentSink,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const counter = new CopyCounter(options.onProgress);
  counter.add(plan);
  const width = options.width ?? DEFAULT_WIDTH;
  const blobs = new BlobCopier(from, to, width);
  await mapLimited(largestFirst(plan.blobs), width, async (blob) => {
    const { descriptor, repositories } = blob;
    const [repository = ''] = repositories;
    await blobs.copy({ descriptor, repository, wanted: repositories }, counter.blob(blob), options);
  });
  await inBatch(to, async () => {
    for (const group of groupByHeight(plan.manifests))
      await mapLimited(group, width, async ({ repository, reference, manifest }) => {
        options.signal?.throwIfAborted();
        await to.writeManifest(repository, reference, manifest, options);
      });
  });
  const { bytesCopied, bytesSkipped } = counter;
  return { bytesCopied, bytesSkipped, manifests: plan.manifests.length, omissions: plan.omissions };
}
