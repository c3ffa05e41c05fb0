import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amountOf } from './quantity.ts';

test('a quantity is a number with an exponent or a suffix, and what is none is no number', () => {
  const written = [2, '1e3', '5k', '1500m', '1Ki', '.5', '-2'];
  assert.deepEqual(written.map(amountOf), [2, 1000, 5000, 1.5, 1024, 0.5, -2]);
  for (const other of ['x', '', '12Qi', '1e3k', '1.2.3', '1e400', undefined, {}])
    assert.equal(amountOf(other), undefined, String(other));
});
