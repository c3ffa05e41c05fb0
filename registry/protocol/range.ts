/** A span of bytes, both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads a request's Range header (RFC 9110, section 14) against content of `size` bytes: the span, 'unsatisfiable' for
 * 416, or undefined for the whole content. Several spans at once and other units are ignored, as the RFC allows.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = header === undefined ? null : /^bytes=[ \t]*([0-9]{0,15})-([0-9]{0,15})[ \t]*$/.exec(header);
  const [, from = '', to = ''] = match ?? [];
  if (match === null || (from === '' && to === '')) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return first > last ? 'unsatisfiable' : { first, last };
}

/**
 * Reads the Content-Range of a chunk: `<first>-<last>` (distribution-spec, "Pushing a blob in chunks"), which some
 * clients write in HTTP's own form `bytes <first>-<last>/<size>`. Undefined when it is neither.
 */
export function parseContentRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?([0-9]{1,15})-([0-9]{1,15})(?:\/(?:\*|[0-9]{1,15}))?$/.exec(header.trim());
  const [, first, last] = match ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) return undefined;
  return { first: Number(first), last: Number(last) };
}

/** The Range header of an upload's state. Nothing and one byte look alike in it: there is no way to write "none". */
export function formatUploadRange(size: number): string {
  return `0-${Math.max(0, size - 1)}`;
}
