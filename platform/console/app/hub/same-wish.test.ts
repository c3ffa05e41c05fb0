import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameWish } from './same-wish.ts';

test('the same is asked for until spec, labels or the object itself are others', () => {
  const seen = { uid: 'a', generation: 3, labels: { site: 'north', tier: 'test' } };
  assert.equal(isSameWish(seen, { ...seen, labels: { tier: 'test', site: 'north' } }), true);
  assert.equal(isSameWish(seen, { ...seen, generation: 4 }), false);
  assert.equal(isSameWish(seen, { ...seen, uid: 'b' }), false);
  assert.equal(isSameWish(seen, { ...seen, labels: { site: 'north' } }), false);
  assert.equal(isSameWish(seen, { ...seen, labels: { site: 'south', tier: 'test' } }), false);
  assert.equal(isSameWish({ uid: 'a', generation: 1 }, { uid: 'a', generation: 1, labels: {} }), true);
});
