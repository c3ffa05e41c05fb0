import type { PageOptions } from './store.ts';

/** One page of a list as distribution-spec pages tags: each name once, in lexical (byte) order, after `after`. */
export function page(names: Iterable<string>, { limit, after }: PageOptions): string[] {
  const sorted = [...new Set(names)].sort();
  const rest = after === undefined ? sorted : sorted.filter((name) => name > after);
  return limit === undefined ? rest : rest.slice(0, limit);
}
