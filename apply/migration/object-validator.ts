import { type OutputUnit, Validator } from '@cfworker/json-schema';
import { isJsonObject, type JsonObject } from '../json.ts';

/** Says what is wrong with an object, as `spec.size: …`; empty where nothing is. */
export type ObjectValidator = (object: JsonObject) => string[];

/** Keywords of which an inner one tells more. */
const OUTER = new Set(['properties', 'items', 'additionalProperties', 'allOf', 'anyOf', 'oneOf', '$ref']);
/** Formats that mean the same to the API server and here; of others nothing is said rather than something wrong. */
const FORMATS = new Set(['ipv4', 'ipv6', 'date']);
const LISTS = ['allOf', 'anyOf', 'oneOf'];
const MAPS = ['properties', 'patternProperties'];
const WORDS = new Set(['description', 'title', 'example', 'externalDocs', 'default', 'nullable']);

/**
 * Checks objects against the schema of a CustomResourceDefinition (OpenAPI v3, which is close to JSON Schema draft 4).
 * Its CEL rules are the API server's alone.
 */
export function objectValidator(schema: JsonObject | undefined): ObjectValidator {
  if (schema === undefined) return () => [];
  const validator = new Validator(plainSchema(schema), '4', false);
  return (object) => {
    const { valid, errors } = validator.validate(withNumbers(object));
    if (valid) return [];
    const inner = errors.filter(({ keyword }) => !OUTER.has(keyword));
    return [...new Set((inner.length === 0 ? errors : inner).map(described))];
  };
}

function described({ instanceLocation, keyword, error }: OutputUnit): string {
  const field = instanceLocation.replace(/^#\/?/, '').replaceAll('/', '.');
  // Values may be secret; what is asked for is not.
  const what = keyword === 'required' ? error : `does not fit ${keyword}`;
  return field === '' ? what : `${field}: ${what}`;
}

/** The schema in JSON Schema's own words. */
function plainSchema(schema: JsonObject): JsonObject {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (WORDS.has(key) || key.startsWith('x-kubernetes-')) continue;
    if (key === 'format' && !FORMATS.has(String(value))) continue;
    if (key === 'pattern' && !isPattern(String(value))) continue;
    plain[key] = plainPart(key, value);
  }
  if (schema['x-kubernetes-int-or-string'] === true) {
    const either = { anyOf: [{ type: 'integer' }, { type: 'string' }] };
    plain.allOf = [...(Array.isArray(plain.allOf) ? plain.allOf : []), either];
    delete plain.type;
  }
  return schema.nullable === true ? { anyOf: [{ type: 'null' }, plain] } : plain;
}

function plainPart(key: string, value: unknown): unknown {
  if (MAPS.includes(key) && isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainPart('', part)]));
  if (LISTS.includes(key) && Array.isArray(value)) return value.map((part) => plainPart('', part));
  const isSchema = key === '' || ['items', 'not', 'additionalProperties'].includes(key);
  return isSchema && isJsonObject(value) ? plainSchema(value) : value;
}

// Go's expressions have spellings that JavaScript has not.
function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withNumbers(field)]));
}
