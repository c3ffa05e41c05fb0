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
  const quiet = { ours: 1, theirs: 2 };
  const loaded = { ours: 10, theirs: 20 };
  const { ratio, lowest, highest, rounds } = compare([quiet, loaded, quiet]);
  assert.deepEqual({ ratio, lowest, highest, rounds }, { ratio: 2, lowest: 2, highest: 2, rounds: 3 });
});

test('an outlier moves the extremes and not the ratio', () => {
  const comparison = compare([
    { ours: 1, theirs: 1.5 },
    { ours: 1, theirs: 1.4 },
    { ours: 6, theirs: 1.5 },
  ]);
  assert.equal(comparison.ratio, 1.4);
  assert.equal(comparison.lowest, 0.25);
  assert.equal(comparison.ours, 1);
  assert.equal(comparison.theirs, 1.5);
});
