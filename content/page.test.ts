import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page } from './page.ts';

test('a page holds each name once, sorted, after the given one and no longer than asked', () => {
  const names = ['b', 'a', 'c', 'a', 'B'];
  assert.deepEqual(page(names, {}), ['B', 'a', 'b', 'c']);
  assert.deepEqual(page(names, { after: 'a' }), ['b', 'c']);
  assert.deepEqual(page(names, { after: 'aa', limit: 1 }), ['b'], 'after a name that is not in the list');
  assert.deepEqual(page(names, { limit: 0 }), []);
});
