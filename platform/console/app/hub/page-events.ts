import { keyOf, type LiveEvent, type Named } from './live-event.ts';

interface Pages<T> {
  readonly pages: readonly { readonly items: readonly T[] }[];
}

export interface PagesAfter<P> {
  readonly pages: P;
  /** Something came, went or changed its place: the hub has to be asked again which these are. */
  readonly isStale: boolean;
}

/** Pages of a list after some events: what is shown is changed in its place. */
export function pagesAfter<T extends Named, P extends Pages<T>>(
  before: P,
  events: readonly LiveEvent<T>[],
  stateOf: (object: T) => string,
): PagesAfter<P> {
  const put = new Map<string, T>();
  const deleted = new Set<string>();
  for (const event of events) {
    if (event.type === 'all') for (const item of event.items) put.set(keyOf(item), item);
    else if (event.type === 'put') put.set(keyOf(event.object), event.object);
    else deleted.add(keyOf(event.object));
  }
  const shown = new Set(before.pages.flatMap(({ items }) => items.map(keyOf)));
  const came = events.some((event) => event.type === 'put' && !shown.has(keyOf(event.object)));
  // What came or went after the list was read, and before the stream began, is in no event of its own.
  const differs = events.some(
    (event) =>
      event.type === 'all' &&
      (event.items.length !== shown.size || !event.items.every((item) => shown.has(keyOf(item)))),
  );
  let isStale = came || differs || [...deleted].some((key) => shown.has(key));
  const pages = before.pages.map((page) => {
    const items = page.items.map((item) => {
      const now = put.get(keyOf(item));
      if (now === undefined) return item;
      if (stateOf(now) !== stateOf(item)) isStale = true;
      return now;
    });
    return { ...page, items };
  });
  return { pages: { ...before, pages }, isStale };
}
