import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { CLIENT_FILE, generatedClient } from './generate.ts';
import { clientSource } from './generator/client-source.ts';
import { Document } from './generator/document.ts';

// Formatting changes white space, commas, quotes and parentheses alone.
const bare = (source: string) => source.replace(/[\s,;'"|()]/g, '');

describe('the generated client', () => {
  test('is what npm run docs makes of docs/openapi.json', async () => {
    const found = await readFile(CLIENT_FILE, 'utf8');
    assert.ok(bare(found) === bare(await generatedClient()), 'operations.ts is stale: run npm run docs');
  });

  test('has the parts of a request with their types, and takes answers of newer hubs', () => {
    const source = clientSource(
      Document.parse({
        paths: {
          '/things/{name}': {
            put: {
              summary: 'Replaces a thing',
              parameters: [
                { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
                { name: 'limit', in: 'query', schema: { type: 'integer' } },
                { name: 'if-match', in: 'header', schema: { type: 'string' } },
              ],
              requestBody: {
                required: true,
                content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
              },
              responses: {
                200: {
                  content: {
                    'application/json': { schema: { $ref: '#/components/schemas/Thing' } },
                    'text/event-stream': { schema: { type: 'string' } },
                  },
                },
              },
            },
          },
        },
        components: {
          schemas: {
            Thing: {
              type: 'object',
              required: ['part'],
              properties: { part: { $ref: '#/components/schemas/Part' } },
            },
            Part: {
              type: 'object',
              required: ['colour'],
              properties: {
                colour: { enum: ['red', 'blue'] },
                sizes: { type: 'array', items: { type: 'integer' } },
              },
            },
          },
        },
      }),
    );
    assert.ok(source.indexOf('const Part') < source.indexOf('const Thing'));
    for (const part of [
      'const Part = z.looseObject({"colour": z.string(), "sizes": z.array(z.number()).optional()});',
      'readonly params: { readonly "name": string; };',
      'readonly query?: { readonly "limit"?: number | undefined; } | undefined;',
      'readonly headers?: { readonly "if-match"?: string | undefined; } | undefined;',
      'readonly body: Thing;',
      'readonly answer: Thing',
      '"contentType": "application/json"'.replace('"contentType"', 'contentType'),
      'watchable: true',
    ])
      assert.ok(source.includes(part), part);
  });

  test('is not made of a document that it does not understand', () => {
    const schema = { type: 'colour' };
    const document = { paths: {}, components: { schemas: { Thing: schema } } };
    assert.throws(() => clientSource(Document.parse(document)), /colour/);
  });
});
