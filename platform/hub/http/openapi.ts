import { z } from 'zod';
import { PROBLEM_TYPE, Problem } from './problem.ts';
import { EVENT_STREAM, mediaTypesOf, type Route } from './route.ts';
import { referenceTo, referring } from './schema-components.ts';

/** The OpenAPI 3.1 document of some routes. Depends on nothing else, so that it can be kept in the repository. */
export function openApiDocument(routes: readonly Route[]) {
  const schemas = referring({ ...namedSchemas(routes), Problem: jsonSchema(Problem) });
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
    paths: pathsOf(routes),
    components: {
      schemas,
      securitySchemes: {
        kubernetes: { type: 'http', scheme: 'bearer', description: 'A bearer token of a Kubernetes user.' },
      },
    },
  };
}

function pathsOf(routes: readonly Route[]): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return paths;
}

function operation(route: Route) {
  const { operationId, summary, tag, secured, body } = route;
  return {
    operationId,
    summary,
    tags: [tag],
    security: secured ? [{ kubernetes: [] }] : [],
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...parameters('header', route.headers),
    ],
    ...(body === undefined ? {} : { requestBody: requestBody(route, body) }),
    responses: {
      [route.status]: answerOf(route),
      default: {
        description: `A problem; its code is one of ${codesOf(route).join(', ')}.`,
        content: { [PROBLEM_TYPE]: { schema: referenceTo('Problem') } },
      },
    },
  };
}

function requestBody(route: Route, body: z.ZodType) {
  const { takes } = route;
  const schema = takes === undefined ? jsonSchema(body, 'input') : referenceTo(takes);
  return {
    required: true,
    content: Object.fromEntries(mediaTypesOf(route).map((type) => [type, { schema }])),
  };
}

function answerOf({ status, answers, answerHeaders, watchable, isStream, tells = EVENTS }: Route) {
  const headers = Object.entries(answerHeaders).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  const content = {
    ...(isStream ? {} : { 'application/json': { schema: referenceTo(answers) } }),
    ...(watchable ? { [EVENT_STREAM]: { schema: { type: 'string', description: tells } } } : {}),
  };
  return {
    description: status === 302 ? 'Goes on elsewhere.' : 'Done.',
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(hasContent(status) ? { content } : {}),
  };
}

function hasContent(status: number): boolean {
  return status !== 204 && status !== 302;
}

const EVENTS =
  'Server-sent events: listed (all there is, as items), then added, modified and deleted (an object each), and ' +
  'heartbeat. An id is what Last-Event-ID takes to go on from there.';

function codesOf(route: Route): string[] {
  const { secured, problems, params, query, headers, body, watchable } = route;
  const takes = [params, query, headers].some(({ shape }) => Object.keys(shape).length > 0);
  const access = [
    'UNAUTHENTICATED',
    'SESSION_ENDED',
    'ACCESS_DENIED',
    'ORIGIN_REFUSED',
    'REQUESTS_TOO_MANY',
    'CLUSTER_UNREACHABLE',
    'CLUSTER_ERROR',
  ];
  const bodily = ['OBJECT_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'];
  return [
    ...(takes || body !== undefined ? ['REQUEST_INVALID'] : []),
    ...(body === undefined ? [] : bodily),
    ...(secured ? access : []),
    ...(watchable ? ['WATCHES_TOO_MANY'] : []),
    ...problems,
    'HUB_FAILED',
  ];
}

const Parameters = z.object({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).default({}),
  required: z.array(z.string()).default([]),
});

function parameters(where: 'path' | 'query' | 'header', schema: z.ZodObject) {
  const { properties, required } = Parameters.parse(jsonSchema(schema, 'input'));
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function namedSchemas(routes: readonly Route[]): Record<string, object> {
  const spoken = routes.filter(({ status, isStream }) => hasContent(status) && !isStream);
  const answers = spoken.map(({ answers: name, response }) => [name, jsonSchema(response)]);
  const bodies = routes.flatMap(({ takes, body }) =>
    takes === undefined || body === undefined ? [] : [[takes, jsonSchema(body, 'input')]],
  );
  return Object.fromEntries([...answers, ...bodies]);
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
