import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from './testing/manual-clock.ts';
import { WorkQueue } from './work-queue.ts';

/** Lets everything run that does not wait for time. */
async function settle(): Promise<void> {
  for (let count = 0; count < 10; count++) await turn();
}

describe('the work queue', () => {
  test('works on a key once however often it was added, again if it was added meanwhile, and later when it failed', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const done: string[] = [];
    const errors: string[] = [];
    let gate = Promise.withResolvers<void>();
    const queue: WorkQueue = new WorkQueue({
      clock,
      atOnce: 2,
      work: async (key) => {
        done.push(key);
        await gate.promise;
        if (key === 'bad') throw new Error('bad');
        return key === 'timed' ? { againMs: 60_000 } : {};
      },
      onError: (key) => errors.push(key),
    });
    queue.add('a');
    queue.add('a');
    const running = queue.run(stop.signal);
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    assert.deepEqual(done, ['a']);
    gate.resolve();
    await settle();
    assert.deepEqual(done, ['a', 'a']);
    queue.add('bad');
    await settle();
    assert.deepEqual(errors, ['bad']);
    clock.advance(1000);
    await settle();
    clock.advance(1000);
    await settle();
    assert.equal(errors.length, 2);
    clock.advance(1000);
    await settle();
    assert.equal(errors.length, 3);
    queue.add('timed');
    await settle();
    clock.advance(59_000);
    await settle();
    assert.equal(done.filter((key) => key === 'timed').length, 1);
    clock.advance(1000);
    await settle();
    assert.equal(done.filter((key) => key === 'timed').length, 2);
    gate = Promise.withResolvers();
    queue.add('last');
    await settle();
    stop.abort();
    gate.resolve();
    await running;
  });
});
