import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { kinds } from '../../api/kinds.ts';
import { OPENAPI_FILE, openApiJson } from '../generate.ts';
import { isAnswerable } from './problem.ts';

/** What OpenAPI 3.1 asks of the parts that the hub's document has (specification, section 4.8). */
const Schema = z.record(z.string(), z.unknown());
const Content = z.record(z.string(), z.strictObject({ schema: Schema }));
const Parameter = z.strictObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: z.string().optional(),
  schema: Schema,
});
const Operation = z.strictObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(Parameter),
  requestBody: z.strictObject({ required: z.boolean(), content: Content }).optional(),
  responses: z.record(
    z.string().regex(/^([1-5][0-9]{2}|default)$/),
    z.strictObject({
      description: z.string(),
      headers: z.record(z.string(), z.strictObject({ description: z.string(), schema: Schema })).optional(),
      content: Content.optional(),
    }),
  ),
});
const Method = z.enum(['get', 'post', 'put', 'patch', 'delete']);
const Document = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  tags: z.array(z.strictObject({ name: z.string() })),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(Method, Operation)),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[a-zA-Z0-9._-]+$/), Schema),
    securitySchemes: z.record(
      z.string(),
      z.looseObject({ type: z.literal('http'), scheme: z.literal('bearer') }),
    ),
  }),
});

const List = z.object({ properties: z.object({ items: z.object({ items: Schema }) }) });

describe('the OpenAPI document', () => {
  const text = openApiJson();
  const document = Document.parse(JSON.parse(text));
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );

  test('is kept in docs/openapi.json as the routes give it', async () => {
    const committed = await readFile(OPENAPI_FILE, 'utf8').catch(() => '');
    assert.deepEqual(JSON.parse(committed), JSON.parse(text), 'run "node platform/hub/generate.ts"');
  });

  test('promises no code that the hub would keep to itself', () => {
    for (const { path, method, responses } of operations) {
      const [, codes = ''] = /its code is one of (.*)\.$/.exec(responses.default?.description ?? '') ?? [];
      const kept = codes.split(', ').filter((code) => code !== 'HUB_FAILED' && !isAnswerable(code));
      assert.deepEqual(kept, [], `${method} ${path}`);
    }
  });

  test('names each operation once', () => {
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('describes exactly the parameters that each path has', () => {
    for (const { path, parameters } of operations) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(
        inPath.map(({ name }) => name),
        names,
        path,
      );
      assert.ok(inPath.every(({ required }) => required));
    }
  });

  test('asks for a token everywhere under /api, where one’s rights are read, and nowhere else', () => {
    for (const { path, security } of operations)
      assert.equal(security.length > 0, path.startsWith('/api/') || path === '/auth/access', path);
  });

  test('has every schema that it refers to, and uses every one that it has', () => {
    const used = new Set(
      [...text.matchAll(/"\$ref": "#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name),
    );
    assert.deepEqual([...used].sort(), Object.keys(document.components.schemas).sort());
    const all = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, target]) => target ?? '');
    assert.ok(all.every((target) => target.startsWith('#/components/schemas/')));
  });

  test('describes each kind once: a list refers to what its items are', () => {
    const { schemas } = document.components;
    for (const { kind } of kinds) {
      const { properties } = List.parse(schemas[`${kind}List`]);
      assert.deepEqual(properties.items.items, { $ref: `#/components/schemas/${kind}` });
    }
    const texts = new Map<string, string>();
    for (const [name, schema] of Object.entries(schemas)) {
      const same = texts.get(JSON.stringify(schema));
      assert.equal(same, undefined, `${name} is ${same}`);
      texts.set(JSON.stringify(schema), name);
    }
  });
});
