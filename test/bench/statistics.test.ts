import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, median } from './statistics.ts';

test('the median is the middle value, whatever the order', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

test('the ratio is taken round by round, so one slow spell of the machine does not change it', () => {
  const quiet = { own: 1, baseline: 2 };
  const loaded = { own: 10, baseline: 20 };
  const { ratio, lowest, highest, rounds } = compare([quiet, loaded, quiet]);
  assert.deepEqual({ ratio, lowest, highest, rounds }, { ratio: 2, lowest: 2, highest: 2, rounds: 3 });
});

test('an outlier moves the extremes and not the ratio', () => {
  const comparison = compare([
    { own: 1, baseline: 1.5 },
    { own: 1, baseline: 1.4 },
    { own: 6, baseline: 1.5 },
  ]);
  assert.equal(comparison.ratio, 1.4);
  assert.equal(comparison.lowest, 0.25);
  assert.equal(comparison.own, 1);
  assert.equal(comparison.baseline, 1.5);
});
