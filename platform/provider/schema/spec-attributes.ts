import { z } from 'zod';
import type { CtyType } from '../value/value.ts';
import { type Attribute, type AttributeType, snakeCase } from './attribute.ts';

/** What is used here of JSON Schema. */
const JsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    type: z.string().optional(),
    description: z.string().optional(),
    properties: z.record(z.string(), JsonSchema).optional(),
    required: z.array(z.string()).optional(),
    items: JsonSchema.optional(),
    additionalProperties: z.union([z.boolean(), JsonSchema]).optional(),
    'x-kubernetes-preserve-unknown-fields': z.boolean().optional(),
  }),
);
interface JsonSchema {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: JsonSchema | undefined;
  readonly additionalProperties?: boolean | JsonSchema | undefined;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
}

/**
 * The attributes that a kind's spec, or an answer of the hub, makes: the one table of platform/api in the words of a
 * provider. `leaves` are fields, as `spec.agent.key`, that others write: they are no attributes.
 */
export function attributesOf(schema: z.ZodType, leaves: readonly string[] = []): Attribute[] {
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', unrepresentable: 'any', reused: 'inline' });
  return objectAttributes(JsonSchema.parse(json), 'spec', new Set(leaves), undefined);
}

/** As attributesOf, for what the hub alone says. */
export function computedAttributes(schema: z.ZodType): Attribute[] {
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', unrepresentable: 'any', reused: 'inline' });
  return objectAttributes(JsonSchema.parse(json), 'status', new Set(), 'computed');
}

function objectAttributes(
  schema: JsonSchema,
  path: string,
  leaves: ReadonlySet<string>,
  presence: 'computed' | undefined,
): Attribute[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([field, inner]) => {
    const at = `${path}.${field}`;
    if (leaves.has(at)) return [];
    const type = attributeType(inner, at, leaves, presence);
    // Nothing of it is left that anybody could write.
    if (type.kind === 'single' && type.attributes.length === 0) return [];
    const { description } = inner;
    const given = required.has(field) ? 'required' : 'optional';
    return [{ name: snakeCase(field), field, description, type, presence: presence ?? given }];
  });
}

function attributeType(
  schema: JsonSchema,
  path: string,
  leaves: ReadonlySet<string>,
  presence: 'computed' | undefined,
): AttributeType {
  const { type, items, additionalProperties: members, properties } = schema;
  const inner = (one: JsonSchema) => objectAttributes(one, path, leaves, presence);
  if (type === 'object' && properties !== undefined) return { kind: 'single', attributes: inner(schema) };
  if (type === 'object' && typeof members === 'object') {
    const scalar = scalarType(members);
    return scalar === undefined ? { kind: 'dynamic' } : { kind: 'plain', type: ['map', scalar] };
  }
  if (type === 'array' && items !== undefined) {
    if (items.properties !== undefined) return { kind: 'list', attributes: inner(items) };
    const scalar = scalarType(items);
    return scalar === undefined ? { kind: 'dynamic' } : { kind: 'plain', type: ['list', scalar] };
  }
  const scalar = scalarType(schema);
  return scalar === undefined ? { kind: 'dynamic' } : { kind: 'plain', type: scalar };
}

function scalarType({ type }: JsonSchema): CtyType | undefined {
  if (type === 'string') return 'string';
  if (type === 'integer' || type === 'number') return 'number';
  return type === 'boolean' ? 'bool' : undefined;
}
