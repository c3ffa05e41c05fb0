import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Remembered } from './remembered.ts';

const TIMES = { freshMs: 10, staleMs: 100, retryMs: 5, max: 3 };

describe('remembered answers', () => {
  let time: number;
  let stale: string[];
  let remembered: Remembered<number>;
  let asked: number;
  const ask = async () => ++asked;
  const fail = async (): Promise<number> => {
    asked++;
    throw new Error('away');
  };

  beforeEach(() => {
    time = 0;
    asked = 0;
    stale = [];
    remembered = new Remembered({ ...TIMES, now: () => time, onStale: (key) => stale.push(key) });
  });

  test('are used while they are fresh, then asked for again', async () => {
    assert.equal(await remembered.get('a', ask), 1);
    time = 9;
    assert.equal(await remembered.get('a', ask), 1);
    time = 10;
    assert.equal(await remembered.get('a', ask), 2);
  });

  test('are asked for once when many want them at a time', async () => {
    const answers = await Promise.all([1, 2, 3].map(async () => await remembered.get('a', ask)));
    assert.deepEqual(answers, [1, 1, 1]);
  });

  test('stand in while asking fails, and not for longer than they may', async () => {
    await remembered.get('a', ask);
    time = 109;
    assert.equal(await remembered.get('a', fail), 1);
    time = 120;
    await assert.rejects(remembered.get('a', fail), { message: 'away' });
  });

  test('are not asked for again right after a failure, and one failure is reported once', async () => {
    await remembered.get('a', ask);
    time = 50;
    await remembered.get('a', fail);
    await remembered.get('a', fail);
    assert.equal(asked, 2);
    assert.deepEqual(stale, ['a']);
    time = 55;
    assert.equal(await remembered.get('a', ask), 3);
  });

  test('a failure is shared until it is time to ask again, and is not told as stale', async () => {
    await assert.rejects(remembered.get('a', fail), { message: 'away' });
    await assert.rejects(remembered.get('a', ask), { message: 'away' });
    assert.equal(asked, 1);
    assert.deepEqual(stale, []);
    time = 5;
    assert.equal(await remembered.get('a', ask), 2);
  });

  test('are kept up to a number, the one unused for longest goes first', async () => {
    for (const key of ['a', 'b', 'c']) await remembered.get(key, ask);
    await remembered.get('a', ask);
    await remembered.get('d', ask);
    assert.equal(await remembered.get('a', ask), 1);
    assert.equal(await remembered.get('b', ask), 5);
  });
});
