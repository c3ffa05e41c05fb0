import { LRUCache } from 'lru-cache';
import { subjectOfTag } from '../companion-tag.ts';
import type { Descriptor } from '../descriptor.ts';
import { isDigest } from '../digest.ts';
import { contentError } from '../errors.ts';
import type { CallOptions, Store, TagOrDigest } from '../store.ts';
import type { MirrorItem } from './mirror-item.ts';
import type { TargetView } from './target-view.ts';

/** How the name of an item stands at both sides. */
export interface ComparedNames {
  readonly state: 'missing' | 'moved' | 'same';
  readonly source: Descriptor;
  readonly target: Descriptor | undefined;
  /** The target did not let itself be asked: `missing` may be wrong. */
  readonly isUnseen?: boolean | undefined;
}

/** The name that an item gets at the target. */
export function targetOf({ repository, reference, to }: MirrorItem): {
  readonly repository: string;
  readonly reference: TagOrDigest;
} {
  return to ?? { repository, reference };
}

/** Asks both sides what an item's names stand for, each at most once. Throws CONTENT_NOT_FOUND. */
export async function compareNames(
  from: Store,
  to: TargetView,
  item: MirrorItem,
  options: CallOptions,
): Promise<ComparedNames> {
  const name = targetOf(item);
  const wanted = item.digest ?? (isDigest(item.reference) ? item.reference : undefined);
  const asked = to.find(name.repository, name.reference, options);
  if (wanted !== undefined) {
    const { found: target } = await asked;
    // What a digest names need not be asked of the source.
    if (target?.digest === wanted) return { state: 'same', source: target, target };
  }
  const [source, { found: target, isDenied }] = await Promise.all([
    from.resolveManifest(item.repository, wanted ?? item.reference, options),
    asked,
  ]);
  if (source === undefined) {
    const subject = `${item.repository}${isDigest(item.reference) ? '@' : ':'}${item.reference}`;
    throw contentError('CONTENT_NOT_FOUND', { subject, detail: from.name });
  }
  if (target === undefined) return { state: 'missing', source, target, isUnseen: isDenied };
  return { state: target.digest === source.digest ? 'same' : 'moved', source, target };
}

/** Comparisons that are remembered: of tags such as cosign's, which are looked at for their image and as items. */
const MOST_COMPARED = 5_000;

/** Compares names within one copy, those of companion tags once each. */
export class NameComparisons {
  readonly #from: Store;
  readonly #to: TargetView;
  readonly #companions = new LRUCache<string, Promise<ComparedNames>>({ max: MOST_COMPARED });

  constructor(from: Store, to: TargetView) {
    this.#from = from;
    this.#to = to;
  }

  /** As compareNames. */
  async compare(item: MirrorItem, options: CallOptions): Promise<ComparedNames> {
    if (subjectOfTag(item.reference) === undefined || item.digest !== undefined)
      return await compareNames(this.#from, this.#to, item, options);
    const { repository, reference } = targetOf(item);
    const key = `${item.repository} ${item.reference} ${repository} ${reference}`;
    const known = this.#companions.get(key);
    // What was new has been written since, or has failed.
    if (known !== undefined && (await known.then(({ state }) => state === 'same').catch(() => false)))
      return await known;
    const compared = compareNames(this.#from, this.#to, item, options);
    this.#companions.set(key, compared);
    return await compared;
  }
}
