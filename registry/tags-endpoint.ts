import { hasRepository } from '../content/knowing-store.ts';
import type { Exchange, Services } from './exchange.ts';
import { cutPage, linkToNext, parsePage } from './page.ts';
import { ProtocolError } from './protocol-error.ts';
import { sendJson } from './response.ts';

/** GET the tags of a repository, a page at a time (distribution-spec, "Listing Tags"). */
export async function listTags(
  exchange: Exchange,
  { store, limits }: Services,
  repository: string,
): Promise<void> {
  const { query, signal } = exchange;
  const page = parsePage(query, limits.pageEntries);
  const read = await store.listTags(repository, { limit: page.limit + 1, after: page.after, signal });
  // Asked only when there is no tag: a repository may hold manifests by digest alone.
  if (read.length === 0 && !(await hasRepository(store, repository, { signal }))) {
    throw new ProtocolError('NAME_UNKNOWN', { detail: { name: repository } });
  }
  const { entries, next } = cutPage(read, page);
  const path = `/v2/${repository}/tags/list`;
  const link = next === undefined ? {} : linkToNext(path, { n: page.asked?.toString(), last: next });
  sendJson(exchange, 200, { name: repository, tags: entries }, link);
}
