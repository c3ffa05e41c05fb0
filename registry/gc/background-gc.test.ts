import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry } from '../audit/audit.ts';
import { LastDone } from '../jobs/last-done.ts';
import type { LogRecord } from '../log.ts';
import { DAY, R, TestSite } from '../testing/gc-site.ts';
import { startGc } from './background-gc.ts';
import type { GcOptions } from './collect.ts';

const OPTIONS: GcOptions = { plan: false, quarantine: false, keepUntagged: 0, rules: [], roots: [] };

test('garbage is collected again and again while a store is served, and the log says so', async (context) => {
  const site = await TestSite.open(context);
  const records: LogRecord[] = [];
  const counted: number[] = [];
  const entries: AuditEntry[] = [];
  const second = Promise.withResolvers<void>();
  const image = await site.image('v1', ['layer']);
  await site.store.deleteManifest(R, image.digest);
  const collecting = startGc(site.store, {
    every: 5,
    shortest: 5,
    options: OPTIONS,
    log: (record) => {
      records.push(record);
      if (records.length === 2) second.resolve();
    },
    audit: { record: async (entry) => void entries.push(entry) },
    observer: { collected: ({ blobs }) => counted.push(blobs), failed: () => counted.push(-1) },
  });
  await second.promise;
  await collecting.close();
  assert.deepEqual(
    records.slice(0, 2).map(({ event, files }) => [event, files]),
    [
      ['garbage-collected', 3],
      ['garbage-collected', 0],
    ],
  );
  assert.deepEqual(counted.slice(0, 2), [3, 0]);
  assert.deepEqual(
    entries.map(({ action, by, digest }) => [action, by, digest]),
    [['collect', 'schedule', undefined]],
    'the manifest was deleted by name, and that is written elsewhere',
  );
  assert.equal(await new LastDone(site.folder, 'gc').read(), site.clock.now);
});

test('a collection that fails is told, and another is tried', async (context) => {
  const site = await TestSite.open(context);
  const records: LogRecord[] = [];
  const second = Promise.withResolvers<void>();
  const failing = {
    ...OPTIONS,
    rules: [
      {
        get repositories(): string {
          throw new Error('no rules today');
        },
      },
    ],
  };
  await site.image('v1', ['layer']);
  site.later(DAY);
  const collecting = startGc(site.store, {
    every: 1,
    shortest: 1,
    options: failing,
    log: (record) => {
      records.push(record);
      if (records.length === 2) second.resolve();
    },
  });
  await second.promise;
  await collecting.close();
  assert.deepEqual(
    records.slice(0, 2).map(({ event, error }) => [event, error]),
    Array(2).fill(['garbage-collection-failed', 'no rules today']),
  );
});
