import type { PageOptions } from './store.ts';

/** One page of a list as distribution-spec pages tags: each name once, in lexical (byte) order, after `after`. */
export function page(names: Iterable<string>, options: PageOptions): string[] {
  return pageOfSorted([...new Set(names)].sort(), options);
}

/** The same of a list that is in order already, with each name once: costs no more than the page has. */
export function pageOfSorted(names: readonly string[], { limit, after }: PageOptions): string[] {
  const start = after === undefined ? 0 : firstAfter(names, after);
  return names.slice(start, limit === undefined ? undefined : start + limit);
}

function firstAfter(names: readonly string[], after: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? '') > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
