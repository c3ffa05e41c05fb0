import { z } from 'zod';
import { PROBLEM_TYPE, Problem } from './problem.ts';
import type { Route } from './route.ts';

/** The OpenAPI 3.1 document of some routes. Depends on nothing else, so that it can be kept in the repository. */
export function openApiDocument(routes: readonly Route[]) {
  const schemas = { ...answerSchemas(routes), Problem: jsonSchema(Problem) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Skerry hub',
      version: 'v1',
      description: 'The management platform. Errors are problem details (RFC 9457) with stable codes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries(routes.map((route) => [route.path, { get: operation(route) }])),
    components: {
      schemas,
      securitySchemes: {
        kubernetes: { type: 'http', scheme: 'bearer', description: 'A bearer token of a Kubernetes user.' },
      },
    },
  };
}

function operation(route: Route) {
  const { operationId, summary, tag, secured, answers } = route;
  return {
    operationId,
    summary,
    tags: [tag],
    security: secured ? [{ kubernetes: [] }] : [],
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    responses: {
      200: {
        description: 'Done.',
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${answers}` } } },
      },
      default: {
        description: `A problem; its code is one of ${codesOf(route).join(', ')}.`,
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function codesOf({ secured, problems, params, query }: Route): string[] {
  const takes = Object.keys(params.shape).length + Object.keys(query.shape).length > 0;
  const access = ['UNAUTHENTICATED', 'ACCESS_DENIED', 'CLUSTER_UNREACHABLE', 'CLUSTER_ERROR'];
  return [...(takes ? ['REQUEST_INVALID'] : []), ...(secured ? access : []), ...problems, 'HUB_FAILED'];
}

const Parameters = z.object({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).default({}),
  required: z.array(z.string()).default([]),
});

function parameters(where: 'path' | 'query', schema: z.ZodObject) {
  const { properties, required } = Parameters.parse(jsonSchema(schema, 'input'));
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function answerSchemas(routes: readonly Route[]): Record<string, object> {
  return Object.fromEntries(routes.map(({ answers, response }) => [answers, jsonSchema(response)]));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output' = 'output'): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      // Answers may get more members within one version of the API.
      if (io === 'output' && made.additionalProperties === false) delete made.additionalProperties;
      for (const key of Object.keys(made)) if (key.startsWith('x-kubernetes-')) delete made[key];
    },
  });
  return json;
}
