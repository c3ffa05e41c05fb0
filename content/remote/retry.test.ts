import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_RETRY, pauseMs, retry, TryAgain } from './retry.ts';

const QUICK = { ...DEFAULT_RETRY, tries: 3, firstPauseMs: 1, maxPauseMs: 2, random: () => 0.5 };

test('another try is made until one succeeds, and no more than the policy allows', async () => {
  let count = 0;
  assert.equal(await retry(QUICK, undefined, async () => (++count < 3 ? again('x') : 'done')), 'done');
  count = 0;
  await assert.rejects(
    retry(QUICK, undefined, async () => again(`failure ${++count}`)),
    /^Error: failure 3$/,
  );
  assert.equal(count, 3);
});

test('what is not worth another try ends it at once', async () => {
  let count = 0;
  const fatal = retry(QUICK, undefined, async () => {
    count++;
    throw new TypeError('broken');
  });
  await assert.rejects(fatal, TypeError);
  assert.equal(count, 1);
});

test('a try that got ahead counts as the first, so a long transfer may break often', async () => {
  let count = 0;
  const result = await retry(QUICK, undefined, async () => {
    if (++count > 10) return 'done';
    throw new TryAgain(new Error('broken'), { gained: true });
  });
  assert.equal(result, 'done');
  await assert.rejects(
    retry({ ...QUICK, tries: 1 }, undefined, async () => {
      throw new TryAgain(new Error('broken'), { gained: true });
    }),
    /broken/,
  );
});

test('a pause ends when the signal says so', async () => {
  const controller = new AbortController();
  const slow = { ...QUICK, firstPauseMs: 3_600_000, maxPauseMs: 3_600_000 };
  const result = retry(slow, controller.signal, async () => {
    setImmediate(() => controller.abort());
    return again('x');
  });
  await assert.rejects(result, { name: 'AbortError' });
  await assert.rejects(
    retry(slow, AbortSignal.abort(new Error('stop')), async () => assert.fail('not tried')),
    /stop/,
  );
});

test('what the server asks for is waited in full, told before, and costs no try', async () => {
  const slept: number[] = [];
  const told: number[] = [];
  const policy = { ...QUICK, maxAskedMs: 100_000, sleep: async (ms: number) => void slept.push(ms) };
  let count = 0;
  const attempt = async () => {
    if (++count > 5) return 'done';
    throw new TryAgain(new Error('busy'), { afterMs: 20_000 });
  };
  assert.equal(await retry(policy, undefined, attempt, (ms) => told.push(ms)), 'done');
  assert.deepEqual(slept, Array(5).fill(20_000));
  assert.deepEqual(told, slept);
  count = 0;
  await assert.rejects(retry({ ...policy, maxAskedMs: 70_000 }, undefined, attempt), /busy/);
  assert.equal(count, 4, 'three waits of 20 s fit into 70 s');
});

test('pauses grow, are spread and never go beyond the limit', () => {
  const whole = { min: 1, max: 60_000 };
  fc.assert(
    fc.property(
      fc.integer(whole),
      fc.integer(whole),
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (firstPauseMs, maxPauseMs, failures, fraction) => {
        const policy = { ...QUICK, firstPauseMs, maxPauseMs, random: () => fraction };
        const pause = pauseMs(policy, failures);
        assert.ok(pause <= maxPauseMs);
        assert.ok(pause >= Math.min(maxPauseMs, firstPauseMs * 2 ** (failures - 1)) / 2);
      },
    ),
  );
  const policy = { ...QUICK, firstPauseMs: 100, maxPauseMs: 1000, random: () => 1 };
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((failures) => pauseMs(policy, failures)),
    [100, 200, 400, 800, 1000],
  );
});

function again(message: string): never {
  throw new TryAgain(new Error(message));
}
