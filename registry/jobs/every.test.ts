import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testTime } from '../testing/scrub-time.ts';
import { every } from './every.ts';

const unexpected = (error: unknown) => assert.fail(String(error));

describe('work that is done again and again', () => {
  test('runs one after the other, with the wait that is asked for each time', async () => {
    const time = testTime();
    const begun: number[] = [];
    const third = Promise.withResolvers<void>();
    const repeated = every(
      async () => {
        begun.push(time.now());
        time.pass(100);
        if (begun.length === 3) third.resolve();
      },
      { first: 10, next: () => 1000 * begun.length, onFailure: unexpected, time },
    );
    await third.promise;
    await repeated.close();
    assert.deepEqual(begun.slice(0, 3), [10, 1110, 3210]);
  });

  test('goes on after a failure, which is reported', async () => {
    const failures: unknown[] = [];
    const second = Promise.withResolvers<void>();
    const repeated = every(
      async () => {
        throw new Error('not today');
      },
      {
        first: 1,
        next: () => 1,
        onFailure: (error) => {
          failures.push(error);
          if (failures.length === 2) second.resolve();
        },
        time: testTime(),
      },
    );
    await second.promise;
    await repeated.close();
    assert.match(String(failures[0]), /not today/);
  });

  test('ends with its run when it is closed, and what the end makes fail is not reported', async () => {
    const begun = Promise.withResolvers<void>();
    let ended = false;
    const repeated = every(
      async (signal) => {
        begun.resolve();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        ended = true;
        signal.throwIfAborted();
      },
      { first: 0, next: () => 0, onFailure: unexpected, time: testTime() },
    );
    await begun.promise;
    await repeated.close();
    assert.ok(ended);
  });

  test('ends at once while it waits, however long that would be', async () => {
    const repeated = every(async () => assert.fail('it is not time yet'), {
      first: 2 ** 40,
      next: () => 2 ** 40,
      onFailure: unexpected,
    });
    await repeated.close();
  });
});
