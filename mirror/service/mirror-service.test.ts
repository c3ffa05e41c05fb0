import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobResult } from '../run/job-result.ts';
import { MirrorMetrics } from './mirror-metrics.ts';
import { type ServiceParts, serveMirror } from './mirror-service.ts';
import { Schedule } from './schedule.ts';
import type { MirrorState } from './state-file.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-01-01T00:30:00Z');
const GOOD: JobResult = {
  job: 'a',
  from: 'x',
  to: 'y',
  items: 1,
  done: 1,
  skipped: 0,
  waived: 0,
  failed: 0,
  backups: 0,
  deleted: 0,
  bytesFreed: 0,
  bytesCopied: 7,
  copied: [],
  failures: [],
  deletedTags: [],
  omissions: [],
};
const FAILURE = {
  repository: 'app',
  reference: '1',
  code: 'DIGEST_MISMATCH',
  message: 'bad',
  remedy: 'mend',
};
const BAD: JobResult = { ...GOOD, done: 0, items: 2, failed: 1, failures: [FAILURE] };

/** A service with a clock of its own, which sleeping moves, until so many runs have ended or it has slept so often. */
function site(
  given: Partial<ServiceParts> & {
    sleeps?: number;
    results?: readonly JobResult[];
    before?: Partial<MirrorState>;
  },
) {
  const schedule = Schedule.parse('0 * * * *');
  assert.ok(typeof schedule !== 'string');
  const stop = new AbortController();
  const log: Record<string, unknown>[] = [];
  let now = START;
  let state: MirrorState = { format: 'skerry-mirror-state-v1', mirror: 'm', runs: [], ...given.before };
  const remember = async (next: MirrorState) => {
    state = next;
  };
  let sleeps = given.sleeps ?? 1;
  const begun: number[] = [];
  const parts: ServiceParts = {
    name: 'm',
    schedule,
    spreadMs: 0,
    maxAgeMs: 2 * HOUR,
    atStart: false,
    run: async () => {
      begun.push(now);
      return [given.results?.[begun.length - 1] ?? GOOD];
    },
    takeLock: async () => ({ release: () => {} }),
    state: { read: async () => state, write: remember },
    metrics: new MirrorMetrics(),
    log: (record) => log.push(record),
    now: () => now,
    random: () => 0,
    sleepUntil: async (time, signal) => {
      if (sleeps-- === 0) stop.abort();
      signal.throwIfAborted();
      now = Math.max(now, time);
    },
    ...given,
  };
  const codes = () => log.flatMap(({ code }) => (typeof code === 'string' ? [code] : []));
  return { parts, log, codes, begun, state: () => state, serve: () => serveMirror(parts, stop.signal) };
}

test('runs begin when they are due, and what became of them is remembered', async () => {
  const { begun, state, serve, parts } = site({ sleeps: 3, results: [GOOD, BAD, GOOD] });
  await serve();
  assert.deepEqual(
    begun.map((time) => new Date(time).toISOString()),
    ['2026-01-01T01:00:00.000Z', '2026-01-01T02:00:00.000Z', '2026-01-01T03:00:00.000Z'],
  );
  const { runs, lastGood, next, running } = state();
  assert.deepEqual(
    runs.map(({ code }) => code),
    [undefined, 'MIRROR_INCOMPLETE', undefined],
  );
  assert.equal(lastGood, '2026-01-01T03:00:00.000Z');
  assert.equal(next, '2026-01-01T04:00:00.000Z');
  assert.equal(running, undefined);
  const metrics = await parts.metrics.text();
  assert.match(metrics, /^skerry_mirror_runs_total\{outcome="good"\} 2$/m);
  assert.match(metrics, /^skerry_mirror_runs_total\{outcome="failed"\} 1$/m);
  assert.match(metrics, /^skerry_mirror_copied_bytes_total\{job="a"\} 21$/m);
  assert.match(metrics, /^skerry_mirror_last_run_failed_items\{job="a"\} 0$/m);
  assert.match(metrics, /^skerry_mirror_last_run_failed 0$/m);
});

test('a run that fails, whole or in part, has lines in the log and stops no later one', async () => {
  const { codes, begun, serve, log } = site({ sleeps: 2, results: [BAD] });
  await serve();
  assert.equal(begun.length, 2);
  assert.deepEqual(codes(), ['MIRROR_INCOMPLETE']);
  assert.ok(log.some(({ failure }) => String(failure).includes('DIGEST_MISMATCH')));
  const broken = site({
    sleeps: 2,
    run: async () => {
      throw new Error('nothing works');
    },
  });
  await broken.serve();
  assert.match(await broken.parts.metrics.text(), /^skerry_mirror_last_run_failed 1$/m);
  assert.deepEqual(broken.codes(), ['MIRROR_UNREACHABLE', 'MIRROR_UNREACHABLE']);
});

test('it never overlaps itself: while another holds the lock, a run is refused and the next is waited for', async () => {
  let held = true;
  const { begun, serve, codes, parts } = site({
    sleeps: 2,
    takeLock: async () => {
      if (!held) return { release: () => {} };
      held = false;
      return undefined;
    },
  });
  await serve();
  assert.deepEqual(codes(), ['MIRROR_BUSY']);
  assert.equal(begun.length, 1);
  assert.match(await parts.metrics.text(), /^skerry_mirror_runs_refused_total 1$/m);
});

test('the lock is let go of after a run that failed', async () => {
  let [taken, released] = [0, 0];
  const { serve } = site({
    sleeps: 2,
    takeLock: async () => ({ release: () => void released++, taken: taken++ }),
    run: async () => {
      throw new Error('nothing works');
    },
  });
  await serve();
  assert.deepEqual([taken, released], [2, 2]);
});

test('a run that was due while nobody was there is made up for, once', async () => {
  const before = { next: '2025-12-31T20:00:00.000Z', schedule: '0 * * * *' };
  const { begun, serve } = site({ sleeps: 1, before });
  await serve();
  assert.deepEqual(begun, [START, START + HOUR / 2]);
});

test('a next run that a wrong clock has put years ahead is not waited for', async () => {
  const ahead = '2036-01-01T00:00:00.000Z';
  const before = { next: ahead, lastGood: ahead, schedule: '0 * * * *' };
  const { begun, serve, codes } = site({ sleeps: 1, before });
  await serve();
  assert.deepEqual(begun, [START + HOUR / 2]);
  assert.deepEqual(codes(), ['MIRROR_RUN_OLD']);
});

test('a clock that is set back while it waits does not put off the next run', async () => {
  let now = START + 100 * 24 * HOUR;
  let isWrong = true;
  const stop = new AbortController();
  const begun: number[] = [];
  const { parts } = site({
    now: () => now,
    sleepUntil: async (time) => {
      if (begun.length > 0) stop.abort();
      // The first time it wakes, the clock has been put right.
      now = isWrong ? START : Math.max(now, time);
      isWrong = false;
    },
    run: async () => {
      begun.push(now);
      return [GOOD];
    },
  });
  await serveMirror(parts, stop.signal);
  assert.deepEqual(begun, [START + HOUR / 2]);
});

test('a run that somebody started by hand meanwhile stays remembered', async () => {
  const { parts, serve, state, begun } = site({ sleeps: 1 });
  const { read, write } = parts.state;
  const { sleepUntil } = parts;
  const other = {
    started: '2026-01-01T00:40:00.000Z',
    ended: '2026-01-01T00:41:00.000Z',
    code: 'MIRROR_INCOMPLETE',
    failures: [],
    jobs: [],
  };
  Object.assign(parts, {
    sleepUntil: async (time: number, signal: AbortSignal) => {
      if (begun.length === 0) await write({ ...(await read()), runs: [other] });
      await sleepUntil(time, signal);
    },
  });
  await serve();
  assert.deepEqual(
    state().runs.map(({ code }) => code),
    [undefined, 'MIRROR_INCOMPLETE'],
  );
});

test('a run that was cut off is gone on with at once; another schedule than before counts from now', async () => {
  const cut = site({ sleeps: 0, before: { running: '2026-01-01T00:10:00.000Z' } });
  await cut.serve();
  assert.deepEqual(cut.begun, [START]);
  assert.equal(cut.state().running, undefined);
  const changed = site({ sleeps: 0, before: { next: '2025-12-31T20:00:00.000Z', schedule: '0 3 * * *' } });
  await changed.serve();
  assert.deepEqual(changed.begun, []);
});

test('a stop in the middle of a run leaves it to be gone on with', async () => {
  const stop = new AbortController();
  const { parts, state } = site({
    atStart: true,
    run: async (signal) => {
      stop.abort();
      signal.throwIfAborted();
      return [GOOD];
    },
  });
  await serveMirror(parts, stop.signal);
  assert.notEqual(state().running, undefined);
  assert.deepEqual(state().runs, []);
});

test('a last good run that grows old is reported once, in the log and as a metric, until there is a good one', async () => {
  const results = [BAD, BAD, BAD, GOOD];
  const before = { lastGood: '2026-01-01T00:00:00.000Z' };
  const old = site({ sleeps: 3, results, before });
  await old.serve();
  assert.equal(old.codes().filter((code) => code === 'MIRROR_RUN_OLD').length, 1);
  assert.match(await old.parts.metrics.text(), /^skerry_mirror_stale 1$/m);
  const mended = site({ sleeps: 4, results, before });
  await mended.serve();
  assert.match(await mended.parts.metrics.text(), /^skerry_mirror_stale 0$/m);
});

test('a state that can’t be written stops nothing', async () => {
  const { begun, serve, log, parts } = site({ sleeps: 1 });
  const write = async () => {
    throw new Error('the disk is full');
  };
  const { state } = parts;
  Object.assign(state, { write });
  await serve();
  assert.equal(begun.length, 1);
  assert.ok(log.some(({ message }) => String(message).includes('the disk is full')));
});
