import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText } from './bytes-text.ts';

test('bytes are told in the unit that leaves few digits', () => {
  const texts = [0, 999, 1000, 123_456, 1_250_000_000, 4e15].map(bytesText);
  assert.deepEqual(texts, ['0 B', '999 B', '1.0 kB', '123 kB', '1.3 GB', '4000 TB']);
});
