import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contains } from './contains.ts';

test('a merge patch that would change nothing is contained, and no other', () => {
  const whole = { spec: { a: 1, list: [{ b: 2 }], agent: { key: 'k' } } };
  for (const patch of [
    {},
    { spec: { a: 1 } },
    { spec: { list: [{ b: 2 }], other: null } },
    { spec: { agent: {} } },
  ])
    assert.equal(contains(whole, patch), true, JSON.stringify(patch));
  for (const patch of [
    { spec: { a: 2 } },
    { spec: { list: [] } },
    { spec: { agent: null } },
    { spec: { agent: { key: null } } },
    { labels: { a: 'b' } },
  ])
    assert.equal(contains(whole, patch), false, JSON.stringify(patch));
});
