import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WeightedCache } from './weighted-cache.ts';

test('values go, the unused first, until the rest weighs no more than the limit', () => {
  const cache = new WeightedCache<string>(10);
  cache.set('a', 'A', 4);
  cache.set('b', 'B', 4);
  assert.equal(cache.get('a'), 'A');
  cache.set('c', 'C', 4);
  assert.equal(cache.get('b'), undefined);
  assert.equal(cache.get('a'), 'A');
  assert.equal(cache.get('c'), 'C');
});

test('a value that is set again is weighed once, and one that is too heavy is not kept', () => {
  const cache = new WeightedCache<string>(10);
  for (let count = 0; count < 5; count++) cache.set('a', 'A', 4);
  cache.set('b', 'B', 6);
  assert.equal(cache.size, 2);
  cache.set('c', 'C', 11);
  assert.equal(cache.get('c'), undefined);
});
