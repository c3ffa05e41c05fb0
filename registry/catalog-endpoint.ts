import type { Exchange, Services } from './exchange.ts';
import { cutPage, linkToNext, parsePage } from './page.ts';
import { sendJson } from './response.ts';

/** GET the repositories, a page at a time. The specification reserves the path for what Docker's registry did there. */
export async function listRepositories(exchange: Exchange, { store, limits }: Services): Promise<void> {
  const { query, signal } = exchange;
  const page = parsePage(query, limits.pageEntries);
  const read = await store.listRepositories({ limit: page.limit + 1, after: page.after, signal });
  const { entries, next } = cutPage(read, page);
  const link =
    next === undefined ? {} : linkToNext('/v2/_catalog', { n: page.asked?.toString(), last: next });
  sendJson(exchange, 200, { repositories: entries }, link);
}
