import type { Exchange, Services } from './exchange.ts';
import { cutPage, linkToNext, parsePage } from './page.ts';
import { sendJson } from './response.ts';

/**
 * GET the repositories, a page at a time; only those that are visible to who asks. The specification reserves the path for
 * what Docker's registry did there.
 */
export async function listRepositories(
  exchange: Exchange,
  { store, limits }: Services,
  isVisible?: (repository: string) => boolean,
): Promise<void> {
  const { query, signal } = exchange;
  const page = parsePage(query, limits.pageEntries);
  const read: string[] = [];
  const limit = isVisible === undefined ? page.limit + 1 : Math.max(page.limit + 1, STEP);
  for (let { after } = page, more = true; more && read.length <= page.limit; ) {
    const names: string[] = await store.listRepositories({ limit, after, signal });
    read.push(...(isVisible === undefined ? names : names.filter(isVisible)));
    after = names.at(-1);
    more = names.length === limit;
  }
  const { entries, next } = cutPage(read, page);
  const link =
    next === undefined ? {} : linkToNext('/v2/_catalog', { n: page.asked?.toString(), last: next });
  sendJson(exchange, 200, { repositories: entries }, link);
}

/** Names that are read at once in search of visible ones. */
const STEP = 1000;
