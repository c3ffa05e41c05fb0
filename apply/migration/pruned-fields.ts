import { at, isJsonObject, type JsonObject, objectAt } from '../json.ts';

const OF_OBJECTS = ['apiVersion', 'kind', 'metadata'];

/**
 * The fields of an object that the API server drops under a schema, as `spec.hosts[].port`
 * (kubernetes.io/docs, CustomResourceDefinitions, "Field pruning"). Without a schema nothing is dropped.
 */
export function prunedFields(object: JsonObject, schema: JsonObject | undefined): string[] {
  if (schema === undefined) return [];
  return [...new Set(prunedOf(object, { ...schema, 'x-kubernetes-embedded-resource': true }, ''))];
}

function prunedOf(value: unknown, schema: JsonObject, path: string): string[] {
  if (Array.isArray(value)) {
    const items = objectAt(schema, 'items');
    return items === undefined ? [] : value.flatMap((item) => prunedOf(item, items, `${path}[]`));
  }
  if (!isJsonObject(value)) return [];
  const isObject = schema['x-kubernetes-embedded-resource'] === true;
  const keepsAll = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return Object.entries(value).flatMap(([key, field]) => {
    if (isObject && OF_OBJECTS.includes(key)) return [];
    const inner = path === '' ? key : `${path}.${key}`;
    const known = objectAt(schema, 'properties', key) ?? objectAt(schema, 'additionalProperties');
    if (known !== undefined) return prunedOf(field, known, nameOf(schema, key, path));
    return keepsAll || at(schema, 'additionalProperties') === true ? [] : [inner];
  });
}

/** Keys that objects choose themselves stand as `*`: the same loss in many entries is one. */
function nameOf(schema: JsonObject, key: string, path: string): string {
  const name = objectAt(schema, 'properties', key) === undefined ? '*' : key;
  return path === '' ? name : `${path}.${name}`;
}
