import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

test('requests that come at once begin one after the other, and one that comes late begins at once', async () => {
  let clock = 5000;
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  const pace = new Pace(4, sleep, () => clock);
  await Promise.all([1, 2, 3, 4].map(() => pace.turn(undefined)));
  assert.deepEqual(waits, [250, 500, 750]);
  clock += 10_000;
  await pace.turn(undefined);
  assert.equal(waits.length, 3);
});
