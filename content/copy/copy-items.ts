import { isSkerryError } from '../error.ts';
import { streamLimited } from '../limit.ts';
import type { Store, WritableStore } from '../store.ts';
import { streamInBatch } from '../stores/batching-store.ts';
import { DEFAULT_WIDTH } from './blob-copier.ts';
import { compareNames } from './compare-item.ts';
import { CopyRun } from './copy-run.ts';
import type { CopyItemsOptions, ItemComparison, ItemResult, MirrorItem } from './mirror-item.ts';
import { TargetView } from './target-view.ts';

export type { CopyItemsOptions, ItemComparison, ItemResult, MirrorItem } from './mirror-item.ts';
export type { ReferrerChoice } from './referrer-choice.ts';

/**
 * So many times `width` items are looked at while others are copied: to find that nothing is to be done takes a question
 * at each side, and the time that the answers need.
 */
const LOOKED_AHEAD = 4;

type Items = Iterable<MirrorItem> | AsyncIterable<MirrorItem>;

/**
 * Compares items as they come, and gives each result when it is there, in no order. Holds a few times `width` of them.
 * An item that can't be compared is `failed`; only an abort, or a mistake of ours, ends it.
 */
export async function* compareItems(
  from: Store,
  to: Store,
  items: Items,
  options: CopyItemsOptions = {},
): AsyncGenerator<ItemComparison> {
  const target = new TargetView(to);
  const compare = async (item: MirrorItem, signal: AbortSignal): Promise<ItemComparison> => {
    try {
      return { item, ...(await compareNames(from, target, item, { ...options, signal })) };
    } catch (error) {
      signal.throwIfAborted();
      if (!isSkerryError(error)) throw error;
      return { item, state: 'failed', error };
    }
  };
  yield* streamLimited(items, LOOKED_AHEAD * (options.width ?? DEFAULT_WIDTH), compare, options.signal);
}

/**
 * Copies items as they come, each with all that belongs to it, and gives each result when it is there, in no order. An
 * item whose name stands for the same digest at both sides costs one question at each; signatures that came later are
 * seen where one list of tags tells them, and with `recheckReferrers` wherever they are. Memory follows `width`.
 */
export async function* copyItems(
  from: Store,
  to: WritableStore,
  items: Items,
  options: CopyItemsOptions = {},
): AsyncGenerator<ItemResult> {
  const run = new CopyRun(from, to, options);
  const results = streamLimited(
    items,
    LOOKED_AHEAD * (options.width ?? DEFAULT_WIDTH),
    (item, signal) => run.copy(item, signal),
    options.signal,
  );
  yield* streamInBatch(to, results);
}
