import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countText } from './count-text.ts';

test('one is one, and all others are many', () => {
  assert.equal(countText(1, 'cluster'), '1 cluster');
  assert.equal(countText(0, 'cluster'), '0 clusters');
  assert.equal(countText(2, 'object differs', 'objects differ'), '2 objects differ');
});
