import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../../../apply/json.ts';

/** True when a merge patch (RFC 7396) would change nothing: all that it has is there, and what it takes away is not. */
export function contains(whole: unknown, patch: unknown): boolean {
  if (patch === null) return whole === undefined || whole === null;
  if (!isJsonObject(patch)) return isDeepStrictEqual(whole, patch);
  const members = isJsonObject(whole) ? whole : {};
  return Object.entries(patch).every(([key, value]) => value === undefined || contains(members[key], value));
}
