import { componentOf, type Schema } from './document.ts';

/** TypeScript code of the type of what is sent. */
export function typeCode(schema: Schema): string {
  if (schema.$ref !== undefined) return componentOf(schema.$ref);
  if (schema.allOf !== undefined) return schema.allOf.map(typeCode).join(' & ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return `(${choices.map(typeCode).join(' | ')})`;
  if (schema.enum !== undefined) return `(${schema.enum.map((value) => JSON.stringify(value)).join(' | ')})`;
  if ('const' in schema) return JSON.stringify(schema.const) ?? 'unknown';
  if (Array.isArray(schema.type))
    return `(${schema.type.map((type) => typeCode({ ...schema, type })).join(' | ')})`;
  return ofType(schema);
}

/** A member of a type. */
export function memberCode(name: string, schema: Schema, required: boolean): string {
  const type = typeCode(schema);
  const key = `readonly ${JSON.stringify(name)}`;
  return required ? `${key}: ${type};` : `${key}?: ${type} | undefined;`;
}

function ofType(schema: Schema): string {
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `readonly ${bracketed(typeCode(schema.items ?? {}))}[]`;
    case 'object':
      return ofObject(schema);
    case undefined:
      return schema.properties === undefined ? 'unknown' : ofObject(schema);
    default:
      throw new Error(`a type that JSON Schema does not have: ${schema.type}`);
  }
}

function ofObject({ properties, required = [], additionalProperties }: Schema): string {
  if (properties === undefined) {
    const values = typeof additionalProperties === 'object' ? typeCode(additionalProperties) : 'unknown';
    return `Readonly<Record<string, ${values}>>`;
  }
  const members = Object.entries(properties).map(([name, schema]) =>
    memberCode(name, schema, required.includes(name)),
  );
  return `{ ${members.join(' ')} }`;
}

function bracketed(type: string): string {
  return type.startsWith('readonly ') ? `(${type})` : type;
}
