import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WatchEvent } from '../client/client.ts';
import type { Clock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { waitUntil } from './wait-until.ts';

const pods = { apiVersion: 'v1', kind: 'Pod', namespace: 'default' };
const late = () => new Error('late');

/** Time passes only by sleeping. */
function scriptedClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      now += ms;
    },
  };
}

/** A clock whose time stands still: nothing but a watch wakes. */
const stopped: Clock = {
  now: () => 0,
  sleep: (_, signal) =>
    new Promise((_, reject) => {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', () => reject(signal.reason));
    }),
};

const watching = (events: () => AsyncGenerator<WatchEvent, void, undefined>) => ({ watch: events });

describe('waiting for a change', () => {
  test('each change is looked at when it comes', async () => {
    const seen: number[] = [];
    const client = watching(async function* () {
      while (true) {
        await new Promise(setImmediate);
        yield { type: 'listed', objects: [] };
      }
    });
    let looks = 0;
    const found = await waitUntil({
      client,
      selections: [pods],
      look: async () => {
        seen.push(looks);
        return ++looks > 3 ? 'there' : undefined;
      },
      timeoutMs: 1000,
      late,
      clock: stopped,
    });
    assert.equal(found, 'there');
    assert.deepEqual(seen, [0, 1, 2, 3]);
  });

  test('where watching is forbidden, or breaks, it looks from time to time', async () => {
    const client = watching(async function* () {
      yield { type: 'listed', objects: [] };
      throw applyError('CLUSTER_FORBIDDEN', { subject: 'watch of Pod' });
    });
    const look = async (waited: number) => waited >= 10_000 || undefined;
    assert.equal(
      await waitUntil({ client, selections: [pods], look, timeoutMs: 60_000, late, clock: scriptedClock() }),
      true,
    );
  });

  test('it ends with its own error when the time is over, after a last look', async () => {
    const client = watching(async function* () {});
    const looks: number[] = [];
    const look = async (waited: number): Promise<true | undefined> => {
      looks.push(waited);
      return undefined;
    };
    const wait = waitUntil({
      client,
      selections: [pods],
      look,
      timeoutMs: 2500,
      late,
      clock: scriptedClock(),
    });
    await assert.rejects(wait, /late/);
    assert.deepEqual(looks, [0, 1000, 2000, 2500]);
  });

  test('an abort ends it with its reason, and its watches', async () => {
    const controller = new AbortController();
    const ended = Promise.withResolvers<void>();
    const client = {
      watch: async function* (_: unknown, signal: AbortSignal): AsyncGenerator<WatchEvent, void, undefined> {
        signal.addEventListener('abort', () => ended.resolve());
        yield { type: 'listed', objects: [] };
        await ended.promise;
      },
    };
    const reason = new Error('stop');
    const look = async (): Promise<undefined> => void setImmediate(() => controller.abort(reason));
    const wait = waitUntil({
      client,
      selections: [pods],
      look,
      timeoutMs: 1000,
      late,
      signal: controller.signal,
      clock: stopped,
    });
    await assert.rejects(wait, (error) => error === reason);
    await ended.promise;
  });

  test('its watches end with it', async () => {
    const ended = Promise.withResolvers<void>();
    const client = {
      watch: async function* (_: unknown, signal: AbortSignal): AsyncGenerator<WatchEvent, void, undefined> {
        signal.addEventListener('abort', () => ended.resolve());
        yield { type: 'listed', objects: [] };
        await ended.promise;
      },
    };
    let looks = 0;
    const look = async () => ++looks > 1 || undefined;
    await waitUntil({ client, selections: [pods], look, timeoutMs: 1000, late, clock: stopped });
    await ended.promise;
  });
});
