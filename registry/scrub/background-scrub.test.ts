import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Repeated } from '../jobs/every.ts';
import type { LogRecord } from '../log.ts';
import type { ScrubObserver } from '../metrics/job-metrics.ts';
import { openServedStore } from '../store/open.ts';
import type { ServedStore } from '../store/served-store.ts';
import { putBlob, putFleet } from '../testing/scrub-images.ts';
import { testTime } from '../testing/scrub-time.ts';
import { type ScrubOptions, startScrub } from './background-scrub.ts';

const DAY = 24 * 60 * 60_000;
const EVERY = 30 * DAY;

const nobody: ScrubObserver = { checked: () => {}, rotten: () => {}, repaired: () => {}, finished: () => {} };

async function site(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-scrub-'));
  const time = testTime(Date.UTC(2026, 0, 1));
  const log: LogRecord[] = [];
  const report = (record: LogRecord) => log.push(record);
  const stores = new Set<ServedStore>();
  const scrubs: Repeated[] = [];
  const open = async () => {
    const store = await openServedStore(folder, { clock: time.now, report });
    stores.add(store);
    return store;
  };
  context.after(async () => {
    for (const scrub of scrubs) await scrub.close();
    for (const store of stores) await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    stores,
    time,
    log,
    open,
    start: (store: ServedStore, options: Partial<ScrubOptions> = {}) => {
      const scrub = startScrub(store, { every: EVERY, rate: 1e9, log: report, time, ...options });
      scrubs.push(scrub);
      return scrub;
    },
    rounds: () => log.filter(({ event }) => event === 'scrub-round'),
    /** Waits until the scrub has done something, however long it takes to come to that. */
    until: async (done: () => boolean) => {
      while (!done()) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a registry that scrubs', () => {
  test('reads everything within an hour of its arrival and then once in a while', async (context) => {
    const { start, open, until, rounds, time } = await site(context);
    const store = await open();
    await putFleet(store);
    const begun = time.now();
    const all = store.index.database.prepare('SELECT 1 FROM digests').all().length;
    start(store);
    await until(() => rounds().length === 1);
    assert.equal(rounds()[0]?.files, all);
    assert.ok(time.now() - begun < 60 * 60_000);
    await until(() => rounds().length === 3);
    const days = (time.now() - begun) / DAY;
    assert.ok(days > 59 && days < 61, `two further rounds took ${days} days`);
    assert.deepEqual(
      rounds().map(({ files }) => files),
      [all, all, all],
    );
    await putBlob(store, 'late', 'comer');
    const came = time.now();
    await until(() => rounds().length === 4);
    assert.equal(rounds()[3]?.files, 1);
    assert.ok(time.now() - came <= 61 * 60_000);
  });

  test('says of a rotten blob which images it hurts, in one line, and sums up the round', async (context) => {
    const { start, open, until, rounds, log } = await site(context);
    const store = await open();
    const { arm64 } = await putFleet(store);
    const layer = arm64.layers[1] ?? assert.fail();
    await truncate(store.files.pathOf(layer.digest), 2);
    start(store);
    await until(() => rounds().length === 1);
    const [line, ...more] = log.filter(({ event }) => event === 'blob-quarantined');
    assert.deepEqual(more, []);
    assert.equal(line?.digest, layer.digest);
    assert.equal(line?.hurts, 'team/app:1.0 (linux/arm64/v8)');
    assert.equal(rounds()[0]?.rotten, 1);
    assert.equal(await store.statBlob('team/app', layer.digest), undefined);
  });

  test('keeps to its rate', async (context) => {
    const { start, open, until, rounds } = await site(context);
    const store = await open();
    for (let n = 0; n < 8; n++) await putBlob(store, 'a', Buffer.alloc(524_288, `${n}`));
    let bytes = 0;
    start(store, {
      rate: 32_768,
      observer: {
        ...nobody,
        checked: (blob) => {
          bytes += blob.bytes;
        },
      },
    });
    await until(() => rounds().length === 1);
    assert.equal(bytes, 8 * 524_288);
    const seconds = Number(rounds()[0]?.seconds);
    // Each file costs as much as 64 KiB besides.
    const wanted = (8 * 524_288 + 8 * 65_536) / 32_768;
    assert.ok(Math.abs(seconds - wanted) <= 1, `${bytes} bytes took ${seconds} s`);
  });

  test('goes on after a restart where it was', async (context) => {
    const { start, open, until, rounds, stores } = await site(context);
    const store = await open();
    await putFleet(store);
    const all = store.index.database.prepare('SELECT 1 FROM digests').all().length;
    let read = 0;
    const first = start(store, {
      observer: {
        ...nobody,
        checked: () => {
          if (++read === 5) void first.close();
        },
      },
    });
    await until(() => read >= 5);
    await first.close();
    stores.delete(store);
    await store.close();
    const again = await open();
    start(again);
    await until(() => rounds().length === 1);
    assert.equal(rounds()[0]?.files, all - read);
  });

  test('tries again later when a round fails', async (context) => {
    const { start, open, until, log, rounds } = await site(context);
    const store = await open();
    await putFleet(store);
    let failures = 0;
    start(store, {
      observer: {
        ...nobody,
        checked: () => {
          if (++failures <= 2) throw new Error('planted');
        },
      },
    });
    await until(() => rounds().length === 1);
    assert.equal(log.filter(({ event }) => event === 'scrub-failed').length, 2);
  });
});
