import { hasRepository } from '../../../content/stores/knowing-store.ts';
import { sendBytes } from '../answer/response.ts';
import { callOf, type Exchange, type Services } from '../exchange.ts';
import { cutPage, linkToNext, type Page, parsePage } from '../page.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { ListPage } from './list-pages.ts';

/** GET the tags of a repository, a page at a time (distribution-spec, "Listing Tags"). */
export async function listTags(exchange: Exchange, services: Services, repository: string): Promise<void> {
  const page = parsePage(exchange.query, services.limits.pageEntries);
  const key = `${repository} ${page.limit} ${page.after ?? ''}`;
  const { body, next } = await services.pages.find(exchange, key, () =>
    makePage(exchange, services, repository, page),
  );
  const path = `/v2/${repository}/tags/list`;
  const link = next === undefined ? {} : linkToNext(path, { n: page.asked?.toString(), last: next });
  await sendBytes(exchange, 200, body, { 'content-type': 'application/json', ...link });
}

async function makePage(
  exchange: Exchange,
  { store }: Services,
  repository: string,
  page: Page,
): Promise<ListPage> {
  const call = callOf(exchange);
  const read = await store.listTags(repository, { limit: page.limit + 1, after: page.after, ...call });
  // Asked only when there is no tag: a repository may hold manifests by digest alone.
  if (read.length === 0 && !(await hasRepository(store, repository, call))) {
    throw new ProtocolError('NAME_UNKNOWN', { detail: { name: repository } });
  }
  const { entries, next } = cutPage(read, page);
  return { body: Buffer.from(JSON.stringify({ name: repository, tags: entries })), next };
}
