import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choicesAt, keysAt, wordsAt } from './schema-at.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    replicas: { type: 'integer', minimum: 1, description: 'How many pods.' },
    service: { $ref: '#/$defs/service' },
    hosts: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
    loop: { $ref: '#/properties/loop' },
  },
  $defs: {
    service: {
      allOf: [
        { properties: { type: { enum: ['ClusterIP', 'NodePort'] } } },
        { properties: { open: { type: 'boolean' } } },
      ],
    },
  },
};
const DEFAULTS = { replicas: 2, extra: { deep: true } };
const names = (path: (string | number)[]) => keysAt(SCHEMA, DEFAULTS, path).map(({ name }) => name);

test('keys come from the schema, through references and parts, and from the pack’s own values', () => {
  assert.deepEqual(names([]), ['extra', 'hosts', 'loop', 'replicas', 'service']);
  assert.deepEqual(names(['service']), ['open', 'type']);
  assert.deepEqual(names(['hosts', 0]), ['name']);
  assert.deepEqual(names(['extra']), ['deep']);
  assert.deepEqual(names(['nowhere', 'at', 'all']), []);
});

test('values come from what the schema lists', () => {
  assert.deepEqual(choicesAt(SCHEMA, ['service', 'type']), ['ClusterIP', 'NodePort']);
  assert.deepEqual(choicesAt(SCHEMA, ['service', 'open']), ['true', 'false']);
  assert.deepEqual(choicesAt(SCHEMA, ['replicas']), []);
});

test('a place is described by its schema and the pack’s own value', () => {
  assert.equal(
    wordsAt(SCHEMA, DEFAULTS, ['replicas']),
    'integer\nHow many pods.\nat least 1\nthe pack’s own value: 2'.replace('’', "'"),
  );
  assert.equal(wordsAt(SCHEMA, DEFAULTS, ['nowhere']), undefined);
});

test('a reference to elsewhere is not followed, and one to itself ends', () => {
  assert.deepEqual(keysAt({ $ref: 'https://example.test/schema.json' }, {}, []), []);
  assert.deepEqual(names(['loop']), []);
});
