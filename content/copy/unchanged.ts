import { referrersTag } from '../companion-tag.ts';
import type { Digest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import type { CallOptions, Store } from '../store.ts';
import { isLocal } from '../stores/local-store.ts';
import type { Attachments } from './attachments.ts';
import { type ComparedNames, NameComparisons, targetOf } from './compare-item.ts';
import type { MirrorItem } from './mirror-item.ts';
import { chosenReferrers, chosenTags } from './referrer-choice.ts';
import type { TargetView } from './target-view.ts';

/** Both sides of a copy. */
export interface Sides {
  readonly from: Store;
  readonly to: TargetView;
  /** What belongs to manifests of the item's repository at the source. */
  readonly attachments: Attachments;
  /** What this copy has compared already. */
  readonly names?: NameComparisons | undefined;
}

/**
 * Whether an item needs nothing: its name stands for the same digest at both sides, the target has all of it, and
 * nothing new belongs to it as far as the source tells without a question for each item.
 */
export async function isUnchanged(
  sides: Sides,
  item: MirrorItem,
  { state, target }: ComparedNames,
  options: CallOptions,
): Promise<boolean> {
  if (state !== 'same' || target === undefined) return false;
  if (!(await sides.to.isWhole(targetOf(item).repository, target, item.platforms, options))) return false;
  return !(await hasNews(sides, item, target.digest, options));
}

async function hasNews(
  sides: Sides,
  item: MirrorItem,
  digest: Digest,
  options: CallOptions,
): Promise<boolean> {
  if (item.referrers === 'none') return false;
  try {
    return (
      (await hasNewTags(sides, item, digest, options)) ||
      (await hasNewReferrers(sides, item, digest, options))
    );
  } catch (error) {
    options.signal?.throwIfAborted();
    // What can't be read of it is for the plan to report.
    if (isSkerryError(error)) return true;
    throw error;
  }
}

async function hasNewTags(
  { from, to: view, attachments, names = new NameComparisons(from, view) }: Sides,
  item: MirrorItem,
  digest: Digest,
  options: CallOptions,
): Promise<boolean> {
  const { repository } = item;
  for (const reference of chosenTags(digest, item.referrers ?? 'all')) {
    if (!(await attachments.isListed(reference, options))) continue;
    const to = { repository: targetOf(item).repository, reference };
    const { state } = await names.compare({ repository, reference, to }, options);
    if (state !== 'same') return true;
  }
  return false;
}

async function hasNewReferrers(
  { from, to, attachments }: Sides,
  item: MirrorItem,
  digest: Digest,
  options: CallOptions,
): Promise<boolean> {
  if (!isLocal(from) && !(await attachments.isListed(referrersTag(digest), options))) return false;
  const listed = await attachments.referrers(digest, options);
  for (const referrer of chosenReferrers(listed, item.referrers ?? 'all'))
    if ((await to.lookUp(targetOf(item).repository, referrer.digest, options)) === 'absent') return true;
  return false;
}
