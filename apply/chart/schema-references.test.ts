import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writeChartArchive } from './archive.ts';
import { outsideReferences } from './schema-references.ts';

const DRAFT_4 = 'http://json-schema.org/draft-04/schema#';
const DRAFT_7 = 'http://json-schema.org/draft-07/schema#';
const found = async (schema: unknown, path = 'values.schema.json') =>
  await outsideReferences(new Map([[path, Buffer.from(JSON.stringify(schema))]]));

describe('references of a values schema', () => {
  const outside: [string, object, string][] = [
    ['an address', { $ref: 'https://schemas.example/a.json#/x' }, '/$ref'],
    ['an address without TLS', { items: [{ $ref: 'http://schemas.example/a' }] }, '/items/0/$ref'],
    ['a file', { properties: { 'a/b~c': { $ref: 'file:///etc/passwd' } } }, '/properties/a~1b~0c/$ref'],
    ['a relative path', { allOf: [{ $ref: 'other.json' }] }, '/allOf/0/$ref'],
    ['a path relative to an id', { $id: 'https://x.example/a.json', $ref: 'b.json' }, '/$ref'],
    ['a dynamic reference', { $dynamicRef: 'https://x.example/a#m' }, '/$dynamicRef'],
    ['a metaschema that nobody has', { $schema: 'https://x.example/meta' }, '/$schema'],
    ['a definition that is not used', { $defs: { a: { $ref: '//x.example/a' } } }, '/$defs/a/$ref'],
    [
      'a draft that no validator has built in',
      { $schema: 'http://json-schema.org/draft-03/schema#' },
      '/$schema',
    ],
    [
      'what only seems to be named within',
      { $schema: DRAFT_7, not: { id: 'https://x.example/a', $ref: 'https://x.example/a' } },
      '/not/$ref',
    ],
    [
      'a name beside a reference, which does not count in draft 7',
      { $schema: DRAFT_7, not: { $id: 'https://x.example/a', $ref: 'https://x.example/a' } },
      '/not/$ref',
    ],
    [
      'a part that bears an address of this machine',
      { $defs: { a: { $id: 'http://127.0.0.1/a' } }, $ref: 'http://127.0.0.1/a' },
      '/$ref',
    ],
    [
      'one in a property named as data',
      { properties: { default: { $ref: 'https://x.example/a' } } },
      '/properties/default/$ref',
    ],
  ];
  for (const [what, schema, pointer] of outside) {
    test(`${what} is outside`, async () => {
      const [reference, ...more] = await found(schema);
      assert.deepEqual([reference?.file, reference?.pointer, more], ['values.schema.json', pointer, []]);
    });
  }

  const inside: [string, object][] = [
    ['a pointer within', { $ref: '#/$defs/a', $defs: { a: {} } }],
    ['its own id', { $id: 'https://x.example/a.json', $ref: 'https://x.example/a.json#/$defs/b' }],
    ['the id of a part', { $defs: { a: { $id: 'https://x.example/part' } }, $ref: 'https://x.example/part' }],
    [
      'the id of a part, as draft 4 wrote it',
      {
        $schema: DRAFT_4,
        definitions: { a: { id: 'https://x.example/p' } },
        allOf: [{ $ref: 'https://x.example/p#' }],
      },
    ],
    ['its draft', { $schema: 'http://json-schema.org/draft-07/schema#' }],
    ['its newest draft', { $schema: 'https://json-schema.org/draft/2020-12/schema' }],
    ['a property called $ref', { properties: { $ref: { type: 'string' } } }],
    [
      'a value that looks like one',
      { default: { $ref: 'https://x.example/a' }, enum: [{ $ref: 'https://x.example/a' }] },
    ],
    ['a name that nobody looks up', { $ref: 'urn:example:a' }],
  ];
  for (const [what, schema] of inside) {
    test(`${what} is inside`, async () => assert.deepEqual(await found(schema), []));
  }

  test('charts within the chart count, as folders and as archives within archives', async () => {
    const schema = Buffer.from(JSON.stringify({ $ref: 'https://x.example/a' }));
    const innermost = new Map([
      ['Chart.yaml', Buffer.from('')],
      ['values.schema.json', schema],
    ]);
    const inner = new Map([
      ['Chart.yaml', Buffer.from('')],
      ['charts/c-1.tgz', await writeChartArchive('c', innermost)],
    ]);
    const files = new Map([
      ['charts/a/values.schema.json', schema],
      ['charts/b-1.tgz', await writeChartArchive('b', inner)],
    ]);
    const paths = (await outsideReferences(files)).map(({ file }) => file);
    assert.deepEqual(paths, [
      'charts/a/values.schema.json',
      'charts/b-1.tgz: charts/c-1.tgz: values.schema.json',
    ]);
  });

  test('what is no JSON is left to helm', async () => {
    assert.deepEqual(await outsideReferences(new Map([['values.schema.json', Buffer.from('{')]])), []);
  });
});
