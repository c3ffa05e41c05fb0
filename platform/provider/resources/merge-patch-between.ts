import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../../../apply/json.ts';

/**
 * The merge patch (RFC 7396) that makes `after` of `before` and leaves everything else as it is: fields that somebody
 * else wrote beside them stay.
 */
export function mergePatchBetween(before: unknown, after: unknown): unknown {
  if (!isJsonObject(before) || !isJsonObject(after)) return after;
  const patch = new Map<string, unknown>();
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) patch.set(name, null);
  for (const [name, value] of Object.entries(after)) {
    const old = before[name];
    if (isDeepStrictEqual(old, value)) continue;
    patch.set(name, mergePatchBetween(old, value));
  }
  return Object.fromEntries(patch);
}
