import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../../apply/json.ts';

/** The address of a component in the document (OpenAPI 3.1, section 4.8.23). */
export function referenceTo(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

/**
 * Components that refer to each other: wherever one holds the same schema as another is, as a list holds that of its
 * items, it refers to it.
 */
export function referring(components: Readonly<Record<string, object>>): Record<string, object> {
  const named = Object.entries(components).filter(([, schema]) => isDistinct(schema));
  const nameOf = (schema: JsonObject) => named.find(([, other]) => isDeepStrictEqual(other, schema))?.[0];
  return Object.fromEntries(
    Object.entries(components).map(([name, schema]) => [name, within(schema, nameOf)]),
  );
}

// Two things that have one string in common are not the same thing for that.
const MIN_MEMBERS = 2;

function isDistinct(schema: object): boolean {
  return 'properties' in schema && Object.keys(schema.properties ?? {}).length >= MIN_MEMBERS;
}

function within(schema: object, nameOf: (schema: JsonObject) => string | undefined): object {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, replaced(value, nameOf)]));
}

function replaced(value: unknown, nameOf: (schema: JsonObject) => string | undefined): unknown {
  if (Array.isArray(value)) return value.map((part) => replaced(part, nameOf));
  if (!isJsonObject(value)) return value;
  const name = nameOf(value);
  return name === undefined ? within(value, nameOf) : referenceTo(name);
}
