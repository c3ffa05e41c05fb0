import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import type { SkerryError } from '../error.ts';
import type { CallOptions, TagOrDigest } from '../store.ts';
import type { CopyProgress } from './copy-counter.ts';
import type { CopyItem, SparseChoice } from './copy-plan.ts';
import type { Omission } from './omission.ts';
import type { ReferrerChoice } from './referrer-choice.ts';

/** An item, and how it is to arrive. */
export interface MirrorItem extends CopyItem {
  /** The name that it gets at the target; its own when absent. */
  readonly to?: { readonly repository: string; readonly reference: TagOrDigest } | undefined;
  /** `all` when absent. */
  readonly referrers?: ReferrerChoice | undefined;
}

/** How an item stands at both sides, found out by at most one request at each. */
export interface ItemComparison {
  readonly item: MirrorItem;
  /** `same`: the target's tag stands for the digest already. `moved`: for another one. */
  readonly state: 'missing' | 'moved' | 'same' | 'failed';
  readonly source?: Descriptor | undefined;
  /** What the target holds under the name. */
  readonly target?: Descriptor | undefined;
  /** The target did not let itself be asked, so `missing` may be wrong. */
  readonly isUnseen?: boolean | undefined;
  readonly error?: SkerryError | undefined;
}

/** What became of an item. One that fails never stops the others. */
export interface ItemResult {
  readonly item: MirrorItem;
  /** `waived`: it was left out as its rules say (e.g. optional and absent). */
  readonly outcome: 'done' | 'skipped' | 'waived' | 'failed';
  readonly digest?: Digest | undefined;
  readonly bytesCopied: number;
  readonly omissions: readonly Omission[];
  readonly error?: SkerryError | undefined;
}

export interface CopyItemsOptions extends CallOptions {
  /** Items, and blobs, under way at a time. */
  readonly width?: number | undefined;
  /** Looks again at what belongs to an item that is the same at both sides; off when absent. */
  readonly recheckReferrers?: boolean | undefined;
  /** Asks a registry for every blob of an item that is the same at both sides; off when absent. */
  readonly recheckContent?: boolean | undefined;
  /** Which children of an index may be missing at the source; none when absent. */
  readonly sparse?: SparseChoice | undefined;
  /**
   * Called with how an item was found before anything of it is copied; it is copied by the digest that stands in
   * `source`. What this throws is why the item fails. Called again where its tag has moved meanwhile.
   */
  readonly beforeCopy?: ((comparison: ItemComparison, options: CallOptions) => Promise<void>) | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}
