import type { PageOptions } from '../../content/store.ts';

/**
 * Every name of a list. It is asked for whole, and a registry's own links lead from page to page: some know no others,
 * and one that gives everything at once would never come to an end that can be told from its first page.
 */
export async function* namesOf(
  list: (options: PageOptions) => Promise<string[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  signal?.throwIfAborted();
  yield* new Set(await list({ signal }));
}
