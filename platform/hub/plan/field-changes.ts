import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../../../apply/json.ts';
import { pointer } from '../http/pointer.ts';

/** A field that is another; a side where it is absent has no member. */
export interface FieldChange {
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

const MAX_CHANGES = 50;

/** The innermost fields that differ between two JSON values, the first fifty. Lists are compared place by place. */
export function fieldChanges(before: unknown, after: unknown): FieldChange[] {
  const found: FieldChange[] = [];
  collect(before, after, [], found);
  return found.slice(0, MAX_CHANGES);
}

function collect(before: unknown, after: unknown, path: readonly string[], found: FieldChange[]): void {
  if (found.length >= MAX_CHANGES || isDeepStrictEqual(before, after)) return;
  const [was, is] = [membersOf(before), membersOf(after)];
  if (was === undefined || is === undefined || Array.isArray(before) !== Array.isArray(after)) {
    found.push({
      pointer: pointer(path),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
    return;
  }
  for (const key of new Set([...was.keys(), ...is.keys()]))
    collect(was.get(key), is.get(key), [...path, key], found);
}

function membersOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) return new Map(value.map((part, index) => [String(index), part]));
  return isJsonObject(value) ? new Map(Object.entries(value)) : undefined;
}
