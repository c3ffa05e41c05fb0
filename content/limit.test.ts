import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapLimited, streamLimited, Turnstile } from './limit.ts';

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

test('a stream gives results as they are there, and holds no more than its width', async () => {
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  let running = 0;
  let most = 0;
  const results = streamLimited([0, 1, 2, 3, 4], 2, async (item) => {
    most = Math.max(most, ++running);
    await gates[item]?.promise;
    running--;
    return item;
  });
  gates[1]?.resolve();
  assert.deepEqual(await results.next(), { done: false, value: 1 });
  for (const gate of gates) gate.resolve();
  assert.deepEqual((await Array.fromAsync(results)).sort(), [0, 2, 3, 4]);
  assert.equal(most, 2);
});

test('a stream ends with the first failure, when it is left, and when it is aborted, and waits for what runs', async () => {
  const endless = (): AsyncIterable<number> => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
  });
  const stop = new AbortController();
  const waiting = streamLimited(endless(), 2, async (item) => item, stop.signal).next();
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  let ended = 0;
  const work = async (item: number, signal: AbortSignal) => {
    if (item === 1) throw new Error('one');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    ended++;
  };
  await assert.rejects(Array.fromAsync(streamLimited([0, 1, 2], 2, work)), /one/);
  assert.equal(ended, 1);
  const left = streamLimited([0, 7], 2, async (item, signal) =>
    item === 7 ? item : await work(item, signal),
  );
  for await (const result of left) {
    assert.equal(result, 7);
    break;
  }
  assert.equal(ended, 2);
});

test('a turnstile lets so many pass at a time, in order', async () => {
  const turnstile = new Turnstile(1);
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turnstile.run(async () => {
    await gate.promise;
    said.push('first');
    throw new Error('failed');
  });
  const second = turnstile.run(async () => said.push('second'));
  gate.resolve();
  await assert.rejects(first, /failed/);
  await second;
  assert.deepEqual(said, ['first', 'second']);
});
