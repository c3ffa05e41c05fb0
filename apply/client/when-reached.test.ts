import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import type { Clock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { whenReached } from './when-reached.ts';

const away = () => applyError('CLUSTER_UNREACHABLE', { subject: 'https://10.96.0.1:443' });
const { signal } = new AbortController();

/** Time that goes by only while something sleeps. */
function fastClock(): Clock {
  let time = 0;
  return {
    now: () => time,
    sleep: async (ms, stop) => {
      stop?.throwIfAborted();
      time += ms;
    },
  };
}

test('an API server that is away is waited for, and each time is said', async () => {
  const said: unknown[] = [];
  let tries = 0;
  const call = async () => {
    if (++tries < 4) throw away();
    return 'here';
  };
  const options = { signal, clock: fastClock(), onAway: (error: unknown) => said.push(error) };
  assert.equal(await whenReached(call, options), 'here');
  assert.equal(said.length, 3);
});

test('one that stays away is waited for ten minutes', async () => {
  const clock = fastClock();
  const call = async () => {
    throw away();
  };
  await assert.rejects(whenReached(call, { signal, clock, onAway: () => undefined }), (error) =>
    isSkerryError(error, 'CLUSTER_UNREACHABLE'),
  );
  assert.ok(clock.now() >= 600_000 && clock.now() < 610_000, String(clock.now()));
});

test('a refusal is not waited for, and nothing is once it is stopped', async () => {
  let tries = 0;
  const refused = async () => {
    tries++;
    throw applyError('CLUSTER_FORBIDDEN', { subject: 'Lease' });
  };
  const options = { signal, clock: fastClock(), onAway: () => undefined };
  await assert.rejects(whenReached(refused, options), (error) => isSkerryError(error, 'CLUSTER_FORBIDDEN'));
  assert.equal(tries, 1);
  const stopped = { ...options, signal: AbortSignal.abort(new Error('stopped')) };
  await assert.rejects(
    whenReached(async () => {
      throw away();
    }, stopped),
    /stopped/,
  );
});
