import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import type { RegistryClient, RegistryRequest } from './client.ts';

const MAX_PAGE_BYTES = 16 * 1024 * 1024;
const MAX_PAGES = 10_000;
const MAX_ITEMS = 1_000_000;

interface PagesOptions {
  readonly limit?: number | undefined;
  readonly absent?: readonly number[];
  /** More pages than this are an error. */
  readonly maxPages?: number;
}

/**
 * Reads a list that a registry gives in pages (distribution-spec, "Listing Tags"), to its end or until there are `limit`
 * items; `read` takes the items out of a page's JSON. Undefined when the registry has no such list, which is what the
 * statuses in `absent` say. Throws REGISTRY_*.
 */
export async function readPages<T>(
  client: RegistryClient,
  first: RegistryRequest,
  read: (json: unknown) => T[],
  { limit, absent = [404], maxPages = MAX_PAGES }: PagesOptions = {},
): Promise<T[] | undefined> {
  let items: T[] = [];
  let request = first;
  const asked = new Set([first.url]);
  for (let count = 1; ; count++) {
    const { response, bytes } = await client.read(request, MAX_PAGE_BYTES);
    if (response.statusCode !== 200) {
      const failure = await client.failure(request, response);
      if (absent.includes(response.statusCode) && count === 1) return undefined;
      throw failure;
    }
    // A page for people, of whatever answers where the API has nothing.
    const isHtml = String(response.headers['content-type']).startsWith('text/html');
    if (isHtml && count === 1 && tryJson(bytes.toString()) === undefined) return undefined;
    items = items.concat(itemsIn(bytes, request.url, read));
    if (limit !== undefined && items.length >= limit) return items.slice(0, limit);
    const next = nextPage(response.headers.link, request.url, client.origin);
    if (next === undefined) return items;
    if (count >= maxPages || items.length > MAX_ITEMS || asked.has(next)) {
      const detail = `a list without end: ${items.length} entries on ${count} pages`;
      throw contentError('REGISTRY_ERROR', { subject: first.url, detail });
    }
    asked.add(next);
    request = { ...request, url: next };
  }
}

function itemsIn<T>(bytes: Buffer, subject: string, read: (json: unknown) => T[]): T[] {
  try {
    return read(tryJson(bytes.toString()));
  } catch (cause) {
    const detail = 'not the JSON that the specification asks for';
    throw contentError('REGISTRY_ERROR', { subject, detail, cause });
  }
}

// RFC 8288: <url>; rel="next". Registries behind a proxy may name a host that only they know: the rest of the list is
// asked for where its beginning was.
function nextPage(
  header: string | string[] | undefined,
  current: string,
  origin: string,
): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec([header].flat().join(', '))?.[1];
  const url = target === undefined ? null : URL.parse(target, new URL(current, origin));
  return url === null ? undefined : url.pathname + url.search;
}
