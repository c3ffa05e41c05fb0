import { at, isJsonObject, type JsonObject } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';

/** An object without the fields that going back leaves as they are; what only they were in goes with them. */
export function withoutLeft(object: KubeObject, leaves: readonly string[]): KubeObject {
  let rest = object;
  for (const path of leaves) rest = { ...rest, ...without(rest, path.split('.')) };
  return rest;
}

/** An object with the fields that going back leaves as another has them. */
export function withLeft(object: KubeObject, now: KubeObject, leaves: readonly string[]): KubeObject {
  let whole = object;
  for (const path of leaves) {
    const keys = path.split('.');
    const value = at(now, ...keys);
    if (value !== undefined) whole = { ...whole, ...withValue(whole, keys, value) };
  }
  return whole;
}

function without(object: JsonObject, [key = '', ...rest]: readonly string[]): JsonObject {
  const value = object[key];
  if (rest.length === 0) return { ...object, [key]: undefined };
  if (!isJsonObject(value)) return object;
  const inner = defined(without(value, rest));
  return { ...object, [key]: Object.keys(inner).length === 0 ? undefined : inner };
}

function defined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function withValue(object: JsonObject, [key = '', ...rest]: readonly string[], value: unknown): JsonObject {
  if (rest.length === 0) return { ...object, [key]: value };
  const inner = object[key];
  return { ...object, [key]: withValue(isJsonObject(inner) ? inner : {}, rest, value) };
}
