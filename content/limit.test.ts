import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapLimited } from './limit.ts';

test('results stand in the order of the items, and never more than the width runs at once', async () => {
  let running = 0;
  let most = 0;
  const results = await mapLimited([5, 1, 4, 2, 3], 2, async (item, index) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running--;
    return `${index}:${item}`;
  });
  assert.deepEqual(results, ['0:5', '1:1', '2:4', '3:2', '4:3']);
  assert.equal(most, 2);
});

test('the first failure stops new work, waits for what runs, and is what is thrown', async () => {
  const started: number[] = [];
  const gate = Promise.withResolvers<void>();
  let slowEnded = false;
  const all = mapLimited([1, 2, 3, 4], 2, async (item) => {
    started.push(item);
    if (item === 1) {
      await gate.promise;
      slowEnded = true;
    }
    if (item === 2) throw new Error('two');
  });
  setImmediate(gate.resolve);
  await assert.rejects(all, /two/);
  assert.deepEqual(started, [1, 2]);
  assert.equal(slowEnded, true);
});

test('a width that makes no sense still does all the work', async () => {
  for (const width of [0, -3, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.deepEqual(await mapLimited([1, 2], width, async (item) => item), [1, 2], `width ${width}`);
  }
  assert.deepEqual(await mapLimited([], 4, async (item) => item), []);
});
