import { LRUCache } from 'lru-cache';
import { type Attachments, attachmentsOf } from '../../content/copy/attachments.ts';
import type { ItemComparison, MirrorItem } from '../../content/copy/copy-items.ts';
import { TargetView } from '../../content/copy/target-view.ts';
import { isUnchanged } from '../../content/copy/unchanged.ts';
import { isDigest } from '../../content/digest.ts';
import type { CallOptions, Store } from '../../content/store.ts';

const MOST_ATTACHMENTS = 64;

/** Looks below names that stand for the same digest at both sides, as a copy does. */
export class SameItems {
  readonly #source: Store;
  readonly #target: TargetView;
  readonly #attachments = new LRUCache<string, Attachments>({ max: MOST_ATTACHMENTS });

  constructor(source: Store, target: Store) {
    this.#source = source;
    this.#target = new TargetView(target);
  }

  /** Whether a run would copy nothing for an item that was found to be the same. */
  async isComplete({ item, source, target }: ItemComparison, options: CallOptions): Promise<boolean> {
    if (source === undefined) return true;
    const attachments = this.#attachmentsIn(item);
    if (item.referrers !== 'none') await attachments.prepare(options);
    const sides = { from: this.#source, to: this.#target, attachments };
    return await isUnchanged(sides, item, { state: 'same', source, target }, options);
  }

  #attachmentsIn({ repository, reference, digest }: MirrorItem): Attachments {
    const known = digest !== undefined || isDigest(reference) ? [] : [reference];
    const attachments = this.#attachments.get(repository) ?? attachmentsOf(this.#source, repository, known);
    this.#attachments.set(repository, attachments);
    return attachments;
  }
}
