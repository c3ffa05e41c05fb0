import { isDeepStrictEqual } from 'node:util';
import type { DriftItem } from '../../api/cluster-status.ts';

/** How many corrected ones stay visible. */
const MOST_CORRECTED = 20;

/** What is to be said of drift: what is open, by object, and what was put back lately. */
export class Findings {
  readonly #open = new Map<string, DriftItem>();
  #corrected: readonly DriftItem[] = [];

  /** Sets or takes away what is open of an object; true when that is news. */
  set(object: string, item: DriftItem | undefined): boolean {
    const before = this.#open.get(object);
    if (item === undefined) return this.#open.delete(object);
    // When it was found is when it was found first.
    const same = before !== undefined && isDeepStrictEqual({ ...before, at: '' }, { ...item, at: '' });
    if (same) return false;
    this.#open.set(object, before === undefined ? item : { ...item, at: laterOf(before, item) });
    return true;
  }

  corrected(item: DriftItem): void {
    this.#corrected = [item, ...this.#corrected].slice(0, MOST_CORRECTED);
  }

  /** Open ones by layer and object, then corrected ones, the latest first. */
  items(): readonly DriftItem[] {
    const open = [...this.#open.values()];
    const sorted = open.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
    return [...sorted, ...this.#corrected];
  }
}

function keyOf({ layer, object }: DriftItem): string {
  return `${layer} ${object}`;
}

function laterOf(before: DriftItem, item: DriftItem): string {
  return isDeepStrictEqual(before.fields, item.fields) && before.by === item.by ? before.at : item.at;
}
