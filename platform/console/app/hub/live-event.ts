/** What every object has that lists are kept by. */
export interface Named {
  readonly name: string;
  readonly project: string;
  readonly status?: unknown;
}

/** What happened to the objects of one kind; `all` says what there is. */
export type LiveEvent<T extends Named> =
  | { readonly type: 'all'; readonly kind: string; readonly items: readonly T[] }
  | { readonly type: 'put' | 'delete'; readonly kind: string; readonly object: T };

/** A list after some events, in the order of names; the same list where nothing happened. */
export function withEvents<T extends Named>(
  list: readonly T[],
  events: readonly LiveEvent<T>[],
): readonly T[] {
  if (events.length === 0) return list;
  const by = new Map(list.map((item) => [keyOf(item), item]));
  for (const event of events) {
    if (event.type === 'all') {
      by.clear();
      for (const item of event.items) by.set(keyOf(item), item);
    } else if (event.type === 'put') by.set(keyOf(event.object), event.object);
    else by.delete(keyOf(event.object));
  }
  return [...by.values()].sort((a, b) => compare(a.project, b.project) || compare(a.name, b.name));
}

export function keyOf({ project, name }: Named): string {
  return `${project}/${name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
