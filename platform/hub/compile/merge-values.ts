import { isJsonObject, type JsonObject } from '../../../apply/json.ts';

/**
 * Values laid over others as Helm does it: objects are merged, all else is replaced. A null stays, since it is what
 * tells Helm to take a default away; see `withoutNulls`.
 */
export function mergeValues(base: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isJsonObject(below) && isJsonObject(value) ? mergeValues(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** What is left once nulls have taken the defaults away. */
export function withoutNulls(values: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
      if (value === null) return [];
      return [[key, isJsonObject(value) ? withoutNulls(value) : value]];
    }),
  );
}
