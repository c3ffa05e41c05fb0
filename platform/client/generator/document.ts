import { z } from 'zod';

/** JSON Schema as OpenAPI 3.1 has it, as far as the hub's document uses it. */
export const Schema = z.looseObject({
  $ref: z.string().optional(),
  description: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), Schema]).optional();
  },
  get items() {
    return Schema.optional();
  },
  get anyOf() {
    return z.array(Schema).optional();
  },
  get oneOf() {
    return z.array(Schema).optional();
  },
  get allOf() {
    return z.array(Schema).optional();
  },
});
export type Schema = z.infer<typeof Schema>;

const Content = z.record(z.string(), z.looseObject({ schema: Schema.optional() }));

export const Operation = z.looseObject({
  summary: z.string().default(''),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.enum(['path', 'query', 'header']),
        required: z.boolean().default(false),
        description: z.string().optional(),
        schema: Schema.default({}),
      }),
    )
    .default([]),
  requestBody: z.looseObject({ required: z.boolean().default(false), content: Content }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: Content.optional() })),
});
export type Operation = z.infer<typeof Operation>;

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** An OpenAPI 3.1 document. */
export const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.strictObject({
      get: Operation.optional(),
      post: Operation.optional(),
      put: Operation.optional(),
      patch: Operation.optional(),
      delete: Operation.optional(),
    }),
  ),
  components: z.looseObject({ schemas: z.record(z.string(), Schema).default({}) }),
});
export type Document = z.infer<typeof Document>;

/** The component that a reference leads to. */
export function componentOf(reference: string): string {
  const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(reference) ?? [];
  if (name === undefined) throw new Error(`a reference that leads to no component: ${reference}`);
  return name;
}
