import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from './pointer.ts';

test('a pointer leads to a member and its value, as deep as the text goes', () => {
  const text = 'spec:\n  packs:\n    - name: one\n    - name: two\n      a/b: 3\n';
  const at = (pointer: string) => {
    const place = placeOf(text, pointer);
    return place && [text.slice(place.from, place.to), place.line, place.column];
  };
  assert.deepEqual(at('/spec/packs/1/name'), ['name: two', 4, 7]);
  assert.deepEqual(at('/spec/packs/1/a~1b'), ['a/b: 3', 5, 7]);
  assert.deepEqual(at('/spec/packs/0/digest'), ['name: one', 3, 7]);
  assert.equal(at('/other')?.[1], 1);
  assert.equal(placeOf('', '/a'), undefined);
  assert.equal(placeOf('{"a": [1, 22]}', '/a/1')?.from, 10);
  const values = 'packs:\n  - values: |\n      replicas: 2\n      image:\n        tag: x\n';
  const inner = placeOf(values, '/packs/0/values', '/image/tag');
  assert.deepEqual([values.slice(inner?.from, inner?.to), inner?.line, inner?.column], ['tag: x', 5, 9]);
  assert.equal(placeOf('values: a', '/values', '/b')?.line, 1);
});
