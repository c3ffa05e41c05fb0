import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatDuration, parseQuantity } from './units.ts';

test('bytes are reported in the units that media are sold in', () => {
  assert.deepEqual([0, 999, 1000, 1_500_000, 130_651_289, 20_000_000_000].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '1.5 MB',
    '131 MB',
    '20.0 GB',
  ]);
});

test('durations are reported as people say them', () => {
  assert.deepEqual([40, 9_940, 10_000, 59_400, 125_000].map(formatDuration), [
    '0.0 s',
    '9.9 s',
    '10 s',
    '59 s',
    '2 min 5 s',
  ]);
});

test('quantities of Kubernetes are read in both kinds of units, and nothing else is', () => {
  assert.deepEqual(['20Gi', '1G', '500', '1.5Ki', '0.5T'].map(parseQuantity), [
    20 * 1024 ** 3,
    1e9,
    500,
    1536,
    5e11,
  ]);
  assert.deepEqual(['', 'x', '20gi', '-1', '1 Gi', '1e3'].map(parseQuantity), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
