import type { Digest } from '../../content/digest.ts';

/** The entity tag of content: its digest, so it never changes and is strong (RFC 9110, section 8.8.3). */
export function etagOf(digest: Digest): string {
  return `"${digest}"`;
}

/** True when If-None-Match names the content: what the client holds is still right. */
export function isNotModified(header: string | undefined, digest: Digest): boolean {
  return header !== undefined && names(header, digest);
}

/** True unless If-Range names other content; then the Range header must be ignored. */
export function isRangeWanted(header: string | undefined, digest: Digest): boolean {
  return header === undefined || header.trim() === etagOf(digest);
}

/**
 * What If-Match and If-None-Match say about replacing what a tag holds now (`digest`, or undefined for nothing): true
 * when the write may go on, false for 412. Lets two clients change a tag without losing either's change.
 */
export function mayReplace(
  headers: { readonly ifMatch?: string | undefined; readonly ifNoneMatch?: string | undefined },
  digest: Digest | undefined,
): boolean {
  const { ifMatch, ifNoneMatch } = headers;
  if (ifMatch !== undefined && (digest === undefined || !names(ifMatch, digest, 'strong'))) return false;
  return ifNoneMatch === undefined || digest === undefined || !names(ifNoneMatch, digest);
}

// If-Match compares strongly: a weak tag names nothing then (RFC 9110, section 13.1.1).
function names(header: string, digest: Digest, comparison: 'strong' | 'weak' = 'weak'): boolean {
  return header
    .split(',')
    .map((tag) => (comparison === 'strong' ? tag.trim() : tag.trim().replace(/^W\//, '')))
    .some((tag) => tag === '*' || tag === etagOf(digest));
}
