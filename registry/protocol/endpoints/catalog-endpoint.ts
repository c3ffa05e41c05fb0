import { sendBytes } from '../answer/response.ts';
import type { Exchange, Services } from '../exchange.ts';
import { cutPage, linkToNext, type Page, parsePage } from '../page.ts';
import type { ListPage } from './list-pages.ts';

/**
 * GET the repositories, a page at a time; only those that the client may see. The specification reserves the path for
 * what Docker's registry did there.
 */
export async function listRepositories(
  exchange: Exchange,
  services: Services,
  isVisible?: (repository: string) => boolean,
): Promise<void> {
  const page = parsePage(exchange.query, services.limits.pageEntries);
  const make = () => makePage(exchange, services, page, isVisible);
  const key = isVisible === undefined ? `_catalog ${page.limit} ${page.after ?? ''}` : undefined;
  const { body, next } = await services.pages.find(exchange, key, make);
  const link =
    next === undefined ? {} : linkToNext('/v2/_catalog', { n: page.asked?.toString(), last: next });
  await sendBytes(exchange, 200, body, { 'content-type': 'application/json', ...link });
}

async function makePage(
  { signal }: Exchange,
  { store }: Services,
  page: Page,
  isVisible?: (repository: string) => boolean,
): Promise<ListPage> {
  const read: string[] = [];
  const limit = isVisible === undefined ? page.limit + 1 : Math.max(page.limit + 1, STEP);
  for (let { after } = page, more = true; more && read.length <= page.limit; ) {
    const names: string[] = await store.listRepositories({ limit, after, signal });
    // One at a time: as arguments of one call they would have to fit on the stack.
    for (const name of names) if (isVisible === undefined || isVisible(name)) read.push(name);
    after = names.at(-1);
    more = names.length === limit;
  }
  const { entries, next } = cutPage(read, page);
  return { body: Buffer.from(JSON.stringify({ repositories: entries })), next };
}

/** Names that are read at once in search of visible ones. */
const STEP = 1000;
