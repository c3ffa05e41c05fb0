import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaulted } from './defaulted.ts';
import { prunedFields } from './pruned-fields.ts';

const object = (spec: unknown) => ({
  apiVersion: 'v1',
  kind: 'Widget',
  metadata: { name: 'a', annotations: { x: 'y' } },
  spec,
});
const schema = (spec: object) => ({ type: 'object', properties: { spec } });
const text = { type: 'string' };

describe('fields that are dropped', () => {
  const cases: Record<string, { spec: unknown; under: object; lost: string[] }> = {
    'are those that no property names': {
      spec: { a: 'x', b: 'y', c: { d: 1 } },
      under: { type: 'object', properties: { a: text, c: { type: 'object' } } },
      lost: ['spec.b', 'spec.c.d'],
    },
    'in lists are named once': {
      spec: { list: [{ a: 'x' }, { b: 'y' }, { b: 'z' }] },
      under: {
        type: 'object',
        properties: { list: { type: 'array', items: { type: 'object', properties: { a: text } } } },
      },
      lost: ['spec.list[].b'],
    },
    'under keys of anybody’s choice are named once': {
      spec: { map: { one: { a: 'x', b: 'y' }, two: { b: 'y' } } },
      under: {
        type: 'object',
        properties: { map: { additionalProperties: { type: 'object', properties: { a: text } } } },
      },
      lost: ['spec.map.*.b'],
    },
    'are none where unknown fields are kept, but for those below what is named': {
      spec: { any: { thing: [1] }, named: { a: 'x', b: 'y' } },
      under: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { named: { type: 'object', properties: { a: text } } },
      },
      lost: ['spec.named.b'],
    },
    'are none of an object within': {
      spec: { template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { x: 1 } } },
      under: {
        type: 'object',
        properties: { template: { type: 'object', 'x-kubernetes-embedded-resource': true } },
      },
      lost: ['spec.template.spec'],
    },
  };
  for (const [title, { spec, under, lost }] of Object.entries(cases))
    test(title, () => assert.deepEqual(prunedFields(object(spec), schema(under)), lost));

  test('are never those that every object has, nor any without a schema', () => {
    assert.deepEqual(prunedFields(object(undefined), { type: 'object' }), ['spec']);
    assert.deepEqual(prunedFields(object({ a: 1 }), undefined), []);
  });
});

test('defaults fill what is absent, at any depth, and nothing else', () => {
  const under = {
    properties: {
      size: { type: 'integer', default: 1 },
      list: { items: { properties: { a: { default: 'x' } } } },
      map: { additionalProperties: { properties: { b: { default: true } } } },
      none: { properties: { c: { default: 1 } } },
      made: { default: {}, properties: { d: { default: 2 } } },
      nil: { nullable: true, default: 3 },
      nothing: { default: 4 },
    },
  };
  const value = { list: [{}, { a: 'y' }], map: { k: {} }, nil: null, nothing: null };
  assert.deepEqual(defaulted(value, under), {
    size: 1,
    list: [{ a: 'x' }, { a: 'y' }],
    map: { k: { b: true } },
    made: { d: 2 },
    nil: null,
    nothing: 4,
  });
});
