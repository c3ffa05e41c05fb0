import { NAME_GRAMMAR, TAG_GRAMMAR } from '../../content/reference.ts';
import { ProtocolError } from './protocol-error.ts';

/** Which part of a list a client asks for (distribution-spec, "Listing Tags"). */
export interface Page {
  /** At most this many; already held to what the registry gives at once. */
  readonly limit: number;
  /** What the client asked for, undefined when it did not say. */
  readonly asked: number | undefined;
  readonly after: string | undefined;
}

/** Reads `n` and `last`. Throws a ProtocolError when they are no number and no name. */
export function parsePage(query: URLSearchParams, maximum: number): Page {
  const n = query.get('n');
  const last = query.get('last');
  if (n !== null && !/^[0-9]{1,15}$/.test(n)) throw invalid('n is not a number');
  const after = last === null || last === '' ? undefined : last;
  if (after !== undefined && (after.length > 255 || !(TAG_GRAMMAR.test(after) || NAME_GRAMMAR.test(after)))) {
    throw invalid('last is not a name');
  }
  const asked = n === null ? undefined : Number(n);
  return { limit: Math.min(asked ?? maximum, maximum), asked, after };
}

/** Cuts what was read for a page (one entry more than its limit, to know whether more follow) to the page. */
export function cutPage(
  entries: readonly string[],
  page: Page,
): { entries: readonly string[]; next: string | undefined } {
  const cut = entries.slice(0, page.limit);
  return { entries: cut, next: entries.length > page.limit ? cut.at(-1) : undefined };
}

/** The Link header to the page that follows (RFC 8288), with the same `n` as before. */
export function linkToNext(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) if (value !== undefined) query.set(key, value);
  return { link: `<${path}?${query}>; rel="next"` };
}

function invalid(message: string): ProtocolError {
  return new ProtocolError('UNSUPPORTED', { status: 400, message });
}
