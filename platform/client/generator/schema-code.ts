import { componentOf, type Schema } from './document.ts';

/**
 * TypeScript code of a zod schema that answers are narrowed with. It asks for no more than is read: a newer hub may
 * know further members and further words, and a client that met one must go on.
 */
export function schemaCode(schema: Schema): string {
  if (schema.$ref !== undefined) return componentOf(schema.$ref);
  if (schema.allOf !== undefined) return combined(schema.allOf, (a, b) => `z.intersection(${a}, ${b})`);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return `z.union([${choices.map(schemaCode).join(', ')}])`;
  if (schema.enum !== undefined) return ofValues(schema.enum);
  if ('const' in schema) return ofValues([schema.const]);
  if (Array.isArray(schema.type))
    return `z.union([${schema.type.map((type) => schemaCode({ ...schema, type })).join(', ')}])`;
  return ofType(schema);
}

/** The components that a schema refers to. */
export function referencesOf(schema: Schema): string[] {
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [], allOf = [] } = schema;
  const below = [...Object.values(properties), ...anyOf, ...oneOf, ...allOf];
  if (items !== undefined) below.push(items);
  if (typeof additionalProperties === 'object') below.push(additionalProperties);
  const own = schema.$ref === undefined ? [] : [componentOf(schema.$ref)];
  return [...own, ...below.flatMap(referencesOf)];
}

function ofType(schema: Schema): string {
  switch (schema.type) {
    case 'string':
      return 'z.string()';
    case 'integer':
    case 'number':
      return 'z.number()';
    case 'boolean':
      return 'z.boolean()';
    case 'null':
      return 'z.null()';
    case 'array':
      return `z.array(${schemaCode(schema.items ?? {})})`;
    case 'object':
      return ofObject(schema);
    case undefined:
      return schema.properties === undefined ? 'z.unknown()' : ofObject(schema);
    default:
      throw new Error(`a type that JSON Schema does not have: ${schema.type}`);
  }
}

function ofObject({ properties, required = [], additionalProperties }: Schema): string {
  if (properties === undefined) {
    const values =
      typeof additionalProperties === 'object' ? schemaCode(additionalProperties) : 'z.unknown()';
    return `z.record(z.string(), ${values})`;
  }
  const members = Object.entries(properties).map(
    ([name, schema]) =>
      `${JSON.stringify(name)}: ${schemaCode(schema)}${required.includes(name) ? '' : '.optional()'}`,
  );
  return `z.looseObject({${members.join(', ')}})`;
}

function ofValues(values: readonly unknown[]): string {
  const types = new Set(values.map((value) => typeof value));
  const [type] = types;
  if (types.size === 1 && (type === 'string' || type === 'number' || type === 'boolean'))
    return `z.${type}()`;
  return 'z.unknown()';
}

function combined(schemas: readonly Schema[], both: (a: string, b: string) => string): string {
  return schemas.map(schemaCode).reduce(both);
}
