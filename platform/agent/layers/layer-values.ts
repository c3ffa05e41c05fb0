import { isJsonObject, type JsonObject } from '../../../apply/json.ts';

/** Values laid over each other as Helm does: objects by key, anything else replaced. */
export function layerValues(...layers: readonly JsonObject[]): JsonObject {
  return layers.reduce(merged, {});
}

function merged(base: JsonObject, over: JsonObject): JsonObject {
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = result.get(key);
    result.set(key, isJsonObject(below) && isJsonObject(value) ? merged(below, value) : value);
  }
  return Object.fromEntries(result);
}
