import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { startScriptedHub } from '../testing/scripted-hub.ts';
import { RateLimit } from './rate-limit.ts';

describe('a limit of requests', () => {
  const isRefused = (limit: RateLimit, caller: string) => {
    try {
      limit.take(caller);
      return false;
    } catch (error) {
      assert.ok(isSkerryError(error, 'REQUESTS_TOO_MANY'));
      return true;
    }
  };

  test('lets a burst pass, then so many a second, each caller by itself', () => {
    let time = 0;
    const limit = new RateLimit({ perSecond: 2, burst: 3, max: 10, now: () => time });
    assert.deepEqual(
      [1, 2, 3, 4].map(() => isRefused(limit, 'a')),
      [false, false, false, true],
    );
    assert.equal(isRefused(limit, 'b'), false);
    time = 500;
    assert.deepEqual(
      [1, 2].map(() => isRefused(limit, 'a')),
      [false, true],
    );
    time = 1_000_000;
    assert.deepEqual(
      [1, 2, 3, 4].map(() => isRefused(limit, 'a')),
      [false, false, false, true],
    );
    limit.giveBack('a');
    assert.equal(isRefused(limit, 'a'), false);
  });

  test('remembers no more callers than it may, the busiest first', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 1, max: 2, now: () => 0 });
    for (const caller of ['a', 'b', 'a', 'c']) isRefused(limit, caller);
    assert.equal(isRefused(limit, 'a'), true, 'still known');
    assert.equal(isRefused(limit, 'b'), false, 'forgotten');
  });

  test('answers with Retry-After, and guests do not use up what users have', async () => {
    const of = (burst: number) => new RateLimit({ perSecond: 1, burst, max: 10, now: () => 0 });
    const hub = await startScriptedHub({ permits: () => true, limits: { users: of(2), guests: of(1) } });
    const ask = async (token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const { statusCode, headers: answered } = await hub.server.inject({ url: '/api/v1/projects', headers });
      return [statusCode, answered['retry-after']];
    };
    assert.deepEqual(await ask('alice'), [200, undefined]);
    assert.deepEqual(await ask('alice'), [200, undefined]);
    assert.deepEqual(await ask('alice'), [429, '1']);
    assert.deepEqual(await ask('bob'), [200, undefined]);
    assert.deepEqual(await ask(), [401, undefined]);
    assert.deepEqual(await ask(), [429, '1']);
    await hub.close();
  });
});
