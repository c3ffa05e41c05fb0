import { z } from 'zod';
import { messageOf } from '../content/error.ts';
import { formatReference, tryParseReference } from '../content/reference.ts';
import { applyError } from './errors.ts';
import type { ImageMap } from './rewrite-images.ts';

const mapSchema = z.record(z.string(), z.string());

/** Reads the JSON of an image map: one object, from the references of manifests to those to pull. Throws IMAGE_MAP_INVALID. */
export function parseImageMap(json: string, source: string): ImageMap {
  try {
    return imageMapOf(mapSchema.parse(JSON.parse(json)));
  } catch (cause) {
    throw applyError('IMAGE_MAP_INVALID', { subject: source, detail: messageOf(cause), cause });
  }
}

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
