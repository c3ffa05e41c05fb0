import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { isSkerryError } from '../content/error.ts';
import type { Clock } from './clock.ts';
import { applyError } from './errors.ts';
import { textAt } from './json.ts';
import { type Lease, type LeaseOptions, takeLease } from './lease.ts';
import type { KubeObject } from './object.ts';

/** A clock that stands still until it is moved. */
class ManualClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<{ at: number; wake: () => void }>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        if (this.#sleepers.delete(sleeper)) reject(signal.reason);
      });
    });
  }

  /** Moves on step by step, so that whoever wakes can go to sleep again in between. */
  async pass(ms: number): Promise<void> {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now += 100;
      for (const sleeper of this.#sleepers) {
        if (sleeper.at > this.#now) continue;
        this.#sleepers.delete(sleeper);
        sleeper.wake();
      }
      for (let turn = 0; turn < 10; turn++) await setImmediate();
    }
  }
}

/** One Lease in an API server. */
class Server {
  lease: KubeObject | undefined;
  writes = 0;
  #version = 0;

  /** How somebody reaches it: `cut` answers nothing any more, `deaf` does what is asked and answers nothing. */
  door(state: { cut?: boolean; deaf?: boolean }): Parameters<typeof takeLease>[0] {
    const answer = async <T>(act: () => T): Promise<T> => {
      if (state.cut === true) return await new Promise<T>(() => undefined);
      const result = act();
      if (state.deaf === true) return await new Promise<T>(() => undefined);
      return result;
    };
    return {
      get: () => answer(() => this.lease),
      create: (object) => answer(() => this.#write(object, this.lease === undefined)),
      replace: (object) =>
        answer(() =>
          this.#write(object, object.metadata.resourceVersion === this.lease?.metadata.resourceVersion),
        ),
    };
  }

  get holder(): string | undefined {
    return textAt(this.lease, 'spec', 'holderIdentity');
  }

  #write(object: KubeObject, allowed: boolean): KubeObject {
    if (!allowed) throw applyError('OBJECT_CHANGED', { subject: 'Lease' });
    this.writes++;
    this.#version++;
    this.lease = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    return this.lease;
  }
}

function optionsFor(identity: string, clock: Clock, more: Partial<LeaseOptions> = {}): LeaseOptions {
  return {
    name: 'work',
    namespace: 'here',
    labels: {},
    identity,
    signal: new AbortController().signal,
    isGone: () => false,
    waitMs: 45_000,
    errorOf: (subject, detail) => applyError('OBJECT_CHANGED', { subject, detail }),
    clock,
    ...more,
  };
}

/** Waits for a promise while time goes by. */
async function within<T>(clock: ManualClock, ms: number, promise: Promise<T>): Promise<T> {
  const settled = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  for (let passed = 0; passed < ms; passed += 1000) {
    const result = await Promise.race([settled, setImmediate(undefined)]);
    if (result !== undefined) break;
    await clock.pass(1000);
  }
  const result = await Promise.race([settled, setImmediate(undefined)]);
  assert.ok(result !== undefined, `nothing after ${ms} ms`);
  if ('error' in result) throw result.error;
  return result.value;
}

async function release(clock: ManualClock, lease: Lease): Promise<void> {
  await within(clock, 10_000, lease.release());
}

test('a lease that is renewed is not taken, however long it is held', async () => {
  const [clock, server] = [new ManualClock(), new Server()];
  const lease = await takeLease(server.door({}), optionsFor('a', clock));
  await clock.pass(120_000);
  assert.equal(lease.signal.aborted, false);
  const waited: string[] = [];
  const other = takeLease(
    server.door({}),
    optionsFor('b', clock, { onWait: (holder) => waited.push(holder) }),
  );
  await assert.rejects(within(clock, 60_000, other), (error) => isSkerryError(error, 'OBJECT_CHANGED'));
  assert.deepEqual(waited, ['a']);
  assert.equal(server.holder, 'a');
  await release(clock, lease);
});

test('a released lease is free at once, and is not renewed any more', async () => {
  const [clock, server] = [new ManualClock(), new Server()];
  await release(clock, await takeLease(server.door({}), optionsFor('a', clock)));
  assert.equal(server.holder, '');
  const { writes } = server;
  await clock.pass(60_000);
  assert.equal(server.writes, writes);
  const next = await takeLease(server.door({}), optionsFor('b', clock));
  assert.equal(server.holder, 'b');
  await release(clock, next);
});

test('a holder that is known to be dead is not waited for', async () => {
  const [clock, server] = [new ManualClock(), new Server()];
  const door = { cut: false };
  await takeLease(server.door(door), optionsFor('a', clock));
  door.cut = true;
  const next = await takeLease(
    server.door({}),
    optionsFor('b', clock, { isGone: (holder) => holder === 'a' }),
  );
  assert.equal(server.holder, 'b');
  await release(clock, next);
});

test('a holder that is cut off has stopped before another one begins', async () => {
  for (const state of [{ cut: true }, { deaf: true }]) {
    const [clock, server] = [new ManualClock(), new Server()];
    const door: { cut?: boolean; deaf?: boolean } = {};
    const lease = await takeLease(server.door(door), optionsFor('a', clock));
    await clock.pass(9000);
    assert.equal(lease.signal.aborted, false);
    Object.assign(door, state);
    let stoppedAt: number | undefined;
    lease.signal.addEventListener('abort', () => {
      stoppedAt = clock.now();
    });
    // Whoever hears nothing may have renewed all the same: that other one waits until all is silent.
    const next = await within(clock, 60_000, takeLease(server.door({}), optionsFor('b', clock)));
    assert.ok(stoppedAt !== undefined && stoppedAt < clock.now(), `${stoppedAt} ${clock.now()}`);
    assert.ok(isSkerryError(lease.signal.reason, 'OBJECT_CHANGED'));
    await release(clock, next);
    await release(clock, lease);
    assert.equal(server.holder, '', 'a lost lease is not written to');
  }
});

test('a short silence is survived', async () => {
  const [clock, server] = [new ManualClock(), new Server()];
  for (const state of ['cut', 'deaf'] as const) {
    const door: { cut?: boolean; deaf?: boolean } = {};
    const lease = await takeLease(server.door(door), optionsFor('a', clock));
    await clock.pass(3000);
    door[state] = true;
    await clock.pass(4000);
    door[state] = false;
    await clock.pass(60_000);
    assert.equal(lease.signal.aborted, false, state);
    await release(clock, lease);
  }
});

test('who was overtaken stops, and leaves the lease to the other', async () => {
  const [clock, server] = [new ManualClock(), new Server()];
  const lease = await takeLease(server.door({}), optionsFor('a', clock));
  assert.ok(server.lease !== undefined);
  await server.door({}).replace({ ...server.lease, spec: { holderIdentity: 'b' } });
  await clock.pass(6000);
  assert.ok(lease.signal.aborted);
  await release(clock, lease);
  assert.equal(server.holder, 'b');
});

test('a lease whose answer was lost when it was taken is one’s own', async () => {
  const [clock, server] = [new ManualClock(), new Server()];
  const door = { deaf: false };
  const through = server.door(door);
  const client: typeof through = {
    ...through,
    create: async (object) => {
      door.deaf = true;
      return await through.create(object).finally(() => undefined);
    },
    get: async (reference, options) => {
      door.deaf = false;
      return await through.get(reference, options);
    },
  };
  const lease = await within(clock, 10_000, takeLease(client, optionsFor('a', clock)));
  assert.equal(server.holder, 'a');
  await release(clock, lease);
});

test('a release whose last renewal got no answer frees the lease all the same', async () => {
  const [clock, server] = [new ManualClock(), new Server()];
  const door = { deaf: false };
  const lease = await takeLease(server.door(door), optionsFor('a', clock));
  door.deaf = true;
  await clock.pass(4500);
  door.deaf = false;
  await release(clock, lease);
  assert.equal(server.holder, '');
});

test('an abort ends the wait for a lease', async () => {
  const [clock, server] = [new ManualClock(), new Server()];
  const held = await takeLease(server.door({}), optionsFor('a', clock));
  const controller = new AbortController();
  const waiting = takeLease(server.door({}), optionsFor('b', clock, { signal: controller.signal }));
  const reason = new Error('stop');
  const caught = assert.rejects(waiting, (error) => error === reason);
  await clock.pass(2000);
  controller.abort(reason);
  await caught;
  await release(clock, held);
});
