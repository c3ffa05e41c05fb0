import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient, WatchEvent } from '../../../apply/client/client.ts';
import { applyError } from '../../../apply/errors.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { DriftItem } from '../../api/cluster-status.ts';
import type { DriftLayer, DriftWatch } from './drift-watch.ts';
import { watchDrift } from './watch-drift.ts';

const applied: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', namespace: 'web' },
  data: { a: '1' },
};
const SET = { 'f:data': { 'f:a': {} } };
const entry = (manager: string, fieldsV1: object) => ({ manager, operation: 'Apply', time: 't', fieldsV1 });
const ours = entry('helm', SET);
const live = (value: string, managers: readonly object[], version = value): KubeObject => ({
  ...applied,
  metadata: { ...applied.metadata, uid: '1', resourceVersion: version, managedFields: managers },
  data: { a: value },
});
const good = live('1', [ours]);
const bad = live('2', [{ ...entry('other', SET), operation: 'Update' }]);

const layer = (mode: DriftLayer['policy']['mode']): DriftLayer => ({
  name: 'web',
  namespace: 'web',
  objects: [applied],
  fieldManager: 'helm',
  policy: { mode },
});

type Calls = Partial<Pick<KubeClient, 'get' | 'apply' | 'watch' | 'list'>>;

/** A cluster of one object; `emit` tells the watch of it. Nothing waits longer than a turn of the event loop. */
function cluster(calls: Calls = {}) {
  let object: KubeObject | undefined = good;
  const events: ((event: WatchEvent) => void)[] = [];
  const writes: { dryRun: boolean }[] = [];
  const fail = () => Promise.reject(new Error('not asked for here'));
  const client: KubeClient = {
    server: 'fake',
    version: fail,
    apiVersions: fail,
    kinds: fail,
    resource: fail,
    isServed: fail,
    servedVersion: fail,
    list: async () => ({ items: [], resourceVersion: '1' }),
    create: fail,
    replace: fail,
    conflicts: fail,
    delete: fail,
    canI: fail,
    podLogs: fail,
    read: fail,
    pages: () => assert.fail('not asked for here'),
    open: fail,
    patch: fail,
    get: async () => object,
    apply: async (_, { dryRun = false } = {}) => {
      writes.push({ dryRun });
      if (!dryRun) object = good;
      return good;
    },
    async *watch(_, signal) {
      yield { type: 'listed', objects: object === undefined ? [] : [object] };
      while (!signal.aborted) {
        const next = Promise.withResolvers<WatchEvent>();
        events.push(next.resolve);
        signal.addEventListener('abort', () => next.resolve({ type: 'listed', objects: [] }), { once: true });
        const event = await next.promise;
        if (signal.aborted) return;
        yield event;
      }
    },
    ...calls,
  };
  return {
    client,
    writes,
    set: (to: KubeObject | undefined) => {
      object = to;
      const event: WatchEvent =
        to === undefined ? { type: 'deleted', object: good } : { type: 'modified', object: to };
      for (const tell of events.splice(0)) tell(event);
    },
  };
}

/** Sleeps end at the next turn, but for those that are longer than anything that is waited for here. */
const clock = {
  now: () => performance.now(),
  sleep: async (ms: number, signal?: AbortSignal) => {
    if (ms > 60_000) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  },
};

async function watching(
  client: KubeClient,
  mode: DriftLayer['policy']['mode'],
  work: (watch: DriftWatch) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const now = () => new Date('2026-01-01T00:00:00Z');
  const onChange = () => undefined;
  const watch = watchDrift({ client, layers: [layer(mode)], clock, now, signal: stop.signal, onChange });
  try {
    await work(watch);
  } finally {
    stop.abort();
    await watch.closed;
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !holds(); turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(holds());
}

const states = (items: readonly DriftItem[]) => items.map(({ state, what, by }) => [state, what, by]);

describe('the drift watch', () => {
  test('asks once about an object that nobody touches, and writes nothing', async () => {
    const { client, writes } = cluster();
    await watching(client, 'correct', async (watch) => {
      await watch.settled();
      assert.deepEqual(writes, [{ dryRun: true }]);
      assert.deepEqual(watch.now(), []);
    });
  });

  test('asks nothing when others change what is not ours', async () => {
    const { client, writes, set } = cluster();
    await watching(client, 'correct', async (watch) => {
      await watch.settled();
      set(live('1', [ours, entry('other', { 'f:data': { 'f:b': {} } })], '9'));
      await watch.settled();
      assert.equal(writes.length, 1);
    });
  });

  test('puts a change back, and says whose it was', async () => {
    const { client, set } = cluster();
    await watching(client, 'correct', async (watch) => {
      await watch.settled();
      set(bad);
      await until(() => watch.now().length > 0);
      assert.deepEqual(states(watch.now()), [['corrected', 'changed', 'other']]);
    });
  });

  test('says that something is deleted, and makes it again only where it may', async () => {
    for (const [mode, expected] of [
      ['observe', 'found'],
      ['correct', 'corrected'],
    ] as const) {
      const { client, set } = cluster();
      await watching(client, mode, async (watch) => {
        await watch.settled();
        set(undefined);
        await until(() => watch.now().length > 0);
        assert.deepEqual(states(watch.now()), [[expected, 'deleted', undefined]]);
      });
    }
  });

  test('nothing is put back any more once there is a pause, and it is afterwards', async () => {
    const begun = Promise.withResolvers<void>();
    let isSlow = true;
    const written: boolean[] = [];
    const { client, set } = cluster({
      apply: async (_, { dryRun = false, signal } = {}) => {
        if (dryRun) return good;
        begun.resolve();
        // As a client that goes on trying while the API server is slow.
        while (isSlow && signal?.aborted !== true) await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        written.push(isSlow);
        return good;
      },
    });
    await watching(client, 'correct', async (watch) => {
      await watch.settled();
      set(bad);
      await begun.promise;
      await watch.paused(true);
      isSlow = false;
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(written, []);
      await watch.paused(false);
      await until(() => written.length > 0);
      await until(() => watch.now().length > 0);
      assert.deepEqual(states(watch.now()), [['corrected', 'changed', 'other']]);
    });
  });

  test('an object that another layer takes out is of no concern any more', async () => {
    const { client, set } = cluster();
    await watching(client, 'observe', async (watch) => {
      await watch.settled();
      set(bad);
      await until(() => watch.now().length > 0);
      watch.update([]);
      assert.deepEqual(watch.now(), []);
    });
  });

  test('says what it cannot look at, with the code, and goes on trying', async () => {
    let isRefused = true;
    const { client } = cluster({
      apply: async () => {
        if (isRefused) throw applyError('OBJECT_REFUSED', { subject: 'a webhook' });
        return good;
      },
    });
    await watching(client, 'observe', async (watch) => {
      await until(() => watch.problems().length > 0);
      assert.deepEqual(watch.problems(), [{ subject: 'ConfigMap web/web', code: 'OBJECT_REFUSED' }]);
      isRefused = false;
      await until(() => watch.problems().length === 0);
    });
  });

  test('a mistake of its own is a problem with a code as well, not the end of it', async () => {
    let calls = 0;
    const { client } = cluster({
      get: async () => {
        if (calls++ === 0) throw new TypeError('a mistake');
        return good;
      },
    });
    await watching(client, 'observe', async (watch) => {
      await until(() => watch.problems().length > 0);
      assert.equal(watch.problems()[0]?.code, 'DRIFT_WATCH_FAILED');
      await until(() => watch.problems().length === 0);
    });
  });

  test('a kind that cannot be watched is said, and looked at all the same', async () => {
    const { client, set } = cluster({
      // biome-ignore lint/correctness/useYield: it fails before there is anything
      async *watch() {
        throw applyError('CLUSTER_FORBIDDEN', { subject: 'watch of ConfigMap' });
      },
    });
    await watching(client, 'observe', async (watch) => {
      await until(() => watch.problems().some(({ code }) => code === 'CLUSTER_FORBIDDEN'));
      set(bad);
      await until(() => watch.now().length > 0);
    });
  });
});
