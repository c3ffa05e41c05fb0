import { formatReference, tryParseReference } from '../../content/reference.ts';
import type { ImageMap } from './rewrite-images.ts';

/** Finds a reference however it is written: `nginx` is found under `docker.io/library/nginx:latest` too. */
export function imageMapOf(entries: Readonly<Record<string, string>>): ImageMap {
  const byFullName = new Map(Object.entries(entries).map(([from, to]) => [fullNameOf(from), to]));
  return (reference) => byFullName.get(fullNameOf(reference));
}

// With tag and digest the digest decides what is pulled (the tag is only for people), so the tag doesn't count.
function fullNameOf(text: string): string {
  const reference = tryParseReference(text);
  if (reference === undefined) return text;
  return formatReference(reference.digest === undefined ? reference : { ...reference, tag: undefined });
}
