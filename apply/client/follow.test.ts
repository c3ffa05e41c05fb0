import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchEvent } from './client.ts';
import { follow } from './follow.ts';

const LISTED: WatchEvent = { type: 'listed', objects: [], resourceVersion: '1' };

test('what could not be worked on comes once more, and only the signal ends it', async () => {
  const stop = new AbortController();
  const errors: unknown[] = [];
  const pauses: number[] = [];
  let seen = 0;
  const broken = new Error('broken');
  const client = {
    watch: async function* () {
      yield LISTED;
    },
  };
  const clock = { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) };
  const work = () => {
    seen++;
    if (seen === 1) throw broken;
    if (seen === 3) stop.abort();
  };
  await follow(client, { apiVersion: 'v1', kind: 'Node' }, work, {
    signal: stop.signal,
    clock,
    pauseMs: 7,
    onError: (error) => errors.push(error),
  });
  assert.equal(seen, 3);
  assert.deepEqual(errors, [broken]);
  assert.deepEqual(pauses, [7, 7, 7]);
});

test('nothing is an error once it is to end', async () => {
  const stop = new AbortController();
  const client = {
    // biome-ignore lint/correctness/useYield: a watch that breaks before its first event
    watch: async function* (): AsyncGenerator<WatchEvent, void, undefined> {
      stop.abort();
      throw new Error('cut');
    },
  };
  const clock = { now: () => 0, sleep: async () => {} };
  const options = { signal: stop.signal, clock, pauseMs: 1, onError: () => assert.fail('an error') };
  await follow(client, { apiVersion: 'v1', kind: 'Node' }, () => {}, options);
});
