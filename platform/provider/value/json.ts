import { isDeepStrictEqual } from 'node:util';
import type { Attribute, AttributeType } from '../schema/attribute.ts';
import { typeOf } from '../schema/attribute.ts';
import {
  Dynamic,
  isArrayValue,
  isObjectValue,
  type ObjectValue,
  typeOfJson,
  Unknown,
  type Value,
} from './value.ts';

/** What is sent to the hub for these attributes: fields by the hub's names, without what is null or unknown. */
export function toFields(value: ObjectValue, attributes: readonly Attribute[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { name, field, type } of attributes) {
    const json = toJson(value[name], type);
    if (json !== undefined) fields[field] = json;
  }
  return fields;
}

function toJson(value: Value | undefined, type: AttributeType): unknown {
  if (value === null || value === undefined || value instanceof Unknown) return undefined;
  if (type.kind === 'plain') return value;
  if (type.kind === 'dynamic') return plainJson(value);
  if (type.kind === 'single') return isObjectValue(value) ? toFields(value, type.attributes) : undefined;
  return isArrayValue(value)
    ? value.map((part) => (isObjectValue(part) ? toFields(part, type.attributes) : {}))
    : undefined;
}

function plainJson(value: Value): unknown {
  if (value instanceof Dynamic) return plainJson(value.value);
  if (value instanceof Unknown) return undefined;
  if (isArrayValue(value)) return value.map(plainJson);
  if (!isObjectValue(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainJson(part)]));
}

/**
 * What the hub has, as values of these attributes. Where it says the same as `before`, that is kept as it was: the
 * language knows more types than JSON, and more ways to say nothing.
 */
export function fromFields(
  fields: Readonly<Record<string, unknown>>,
  attributes: readonly Attribute[],
  before?: Value,
): ObjectValue {
  const known = isObjectValue(before) ? before : {};
  return Object.fromEntries(
    attributes.map(({ name, field, type }) => [name, fromJson(fields[field], type, known[name])]),
  );
}

function fromJson(json: unknown, type: AttributeType, before: Value | undefined): Value {
  // An empty list or object that was written and a field that the hub left out are the same to it.
  if (json === undefined || json === null) return isEmpty(before) ? before : null;
  if (type.kind === 'dynamic') return fromAny(json, before);
  if (type.kind === 'plain') return plainValue(json, before, typeOf(type));
  if (type.kind === 'single') {
    const fields = fromFields(recordOf(json), type.attributes, before);
    // All that is in it is somebody else's.
    return isEmpty(fields) && (before ?? null) === null ? null : fields;
  }
  const parts = Array.isArray(json) ? json : [];
  if (parts.length === 0 && before === null) return null;
  const old = isArrayValue(before) ? before : [];
  return parts.map((part, index) => fromFields(recordOf(part), type.attributes, old[index]));
}

function fromAny(json: unknown, before: Value | undefined): Value {
  if (before instanceof Dynamic && isDeepStrictEqual(plainJson(before), json)) return before;
  return new Dynamic(typeOfJson(json), valueOfJson(json));
}

function plainValue(json: unknown, before: Value | undefined, type: unknown): Value {
  const value = valueOfJson(json);
  const isNothing = Array.isArray(type) && (isArrayValue(value) || isObjectValue(value)) && isEmpty(value);
  return isNothing && before === null ? null : value;
}

function valueOfJson(json: unknown): Value {
  if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') return json;
  if (Array.isArray(json)) return json.map(valueOfJson);
  if (typeof json !== 'object' || json === null) return null;
  return Object.fromEntries(Object.entries(json).map(([name, part]) => [name, valueOfJson(part)]));
}

function isEmpty(value: Value | undefined): value is Value {
  if (isArrayValue(value)) return value.length === 0;
  if (!isObjectValue(value)) return false;
  return Object.values(value).every((part) => part === null || isEmpty(part));
}

function recordOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? Object.fromEntries(Object.entries(json))
    : {};
}
