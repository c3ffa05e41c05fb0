import { isJsonObject, type JsonObject, objectAt } from '../json.ts';

/** A value with the defaults of its schema, as the API server fills them in wherever a field is absent. */
export function defaulted(value: unknown, schema: JsonObject | undefined): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) {
    const items = objectAt(schema, 'items');
    return value.map((item) => defaulted(item, items));
  }
  if (!isJsonObject(value)) return value;
  const properties = objectAt(schema, 'properties') ?? {};
  const filled: Record<string, unknown> = { ...value };
  for (const [key, property] of Object.entries(properties)) {
    if (!isJsonObject(property)) continue;
    const isAbsent = filled[key] === undefined || (filled[key] === null && property.nullable !== true);
    if (isAbsent && property.default !== undefined) filled[key] = property.default;
    if (filled[key] !== undefined) filled[key] = defaulted(filled[key], property);
  }
  const others = objectAt(schema, 'additionalProperties');
  if (others !== undefined)
    for (const key of Object.keys(filled))
      if (!(key in properties)) filled[key] = defaulted(filled[key], others);
  return filled;
}
