import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testTime } from '../testing/scrub-time.ts';
import { Pace } from './pace.ts';

describe('a pace', () => {
  test('takes as long for any pieces as their bytes do at its rate', async () => {
    for (const piece of [128, 700, 4096, 1_000_000]) {
      const time = testTime();
      const pace = new Pace(50_000, time);
      for (let sent = 0; sent < 2_000_000; sent += piece) await pace.spend(piece);
      const ratio = time.now() / 40_000;
      assert.ok(ratio > 0.99 && ratio < 1.03, `pieces of ${piece} took ${time.now()} ms instead of 40000`);
    }
  });

  test('waits as long as it takes, with no wait longer than a timer may be', async () => {
    const time = testTime();
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
      await time.sleep(ms);
    };
    await new Pace(1, { ...time, now: () => time.now(), sleep }).spend(64 * 1024 * 1024);
    assert.equal(time.now(), 64 * 1024 * 1024 * 1000);
    assert.ok(Math.max(...waits) < 2 ** 31);
  });

  test('does not catch up on time that was not used', async () => {
    const time = testTime();
    const pace = new Pace(1000, time);
    await pace.spend(1000);
    await time.sleep(60_000);
    const before = time.now();
    await pace.spend(5000);
    assert.equal(time.now() - before, 5000);
  });

  test('without a rate never waits', async () => {
    const time = testTime();
    await new Pace(undefined, time).spend(1e12);
    assert.equal(time.now(), 0);
  });

  test('ends its wait with the signal', async () => {
    const stop = new AbortController();
    const waiting = new Pace(1).spend(1000, stop.signal);
    stop.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });
});
