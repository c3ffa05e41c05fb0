import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { healthOf } from './health.ts';
import {
  type MirrorState,
  type RunSummary,
  readState,
  stateFileOf,
  withRun,
  writeState,
} from './state-file.ts';

const run = (ended: string, code?: string): RunSummary => ({
  started: ended,
  ended,
  failures: [],
  jobs: [],
  ...(code === undefined ? {} : { code }),
});

test('the state is written and read again; what is damaged is reported', async () => {
  const path = join(await testFolder('state'), 'deep', 'state.json');
  const empty = await readState(path, 'team');
  assert.deepEqual(empty.runs, []);
  const good = withRun({ ...empty, running: '2026-01-01T00:00:00.000Z' }, run('2026-01-01T01:00:00.000Z'));
  const bad = withRun(good, run('2026-01-02T01:00:00.000Z', 'MIRROR_INCOMPLETE'));
  await writeState(path, bad);
  assert.deepEqual(await readState(path, 'team'), bad);
  assert.deepEqual([bad.lastGood, bad.runs.length, bad.running], ['2026-01-01T01:00:00.000Z', 2, undefined]);
  await writeFile(path, '{"runs":');
  await assert.rejects(readState(path, 'team'), (error) => isSkerryError(error, 'MIRROR_STATE_INVALID'));
});

test('no more than the last runs are kept', () => {
  let state = withRun(
    { format: 'skerry-mirror-state-v1', mirror: 'm', runs: [] },
    run('2026-01-01T00:00:00.000Z'),
  );
  for (let day = 2; day < 32; day++)
    state = withRun(state, run(`2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`));
  assert.equal(state.runs.length, 20);
  assert.equal(state.runs[0]?.ended, '2026-01-31T00:00:00.000Z');
});

test('health tells a good run from a failed one, and both from one that is old', () => {
  const hour = 3_600_000;
  const now = Date.parse('2026-01-02T00:00:00Z');
  const empty: MirrorState = { format: 'skerry-mirror-state-v1', mirror: 'm', runs: [] };
  const good = withRun(empty, run('2026-01-01T23:00:00.000Z'));
  const failed = withRun(good, run('2026-01-01T23:30:00.000Z', 'MIRROR_INCOMPLETE'));
  assert.equal(healthOf(empty, now, hour).status, 'new');
  assert.equal(healthOf(good, now, hour).status, 'good');
  assert.equal(healthOf(failed, now, hour).status, 'failed');
  assert.equal(healthOf(failed, now + 1, hour).status, 'old');
});

test('where the state is follows from the environment', () => {
  assert.equal(stateFileOf('team', { XDG_STATE_HOME: '/state' }), '/state/skerry/mirror/team.json');
  assert.equal(stateFileOf('team', { HOME: '/home/a' }), '/home/a/.local/state/skerry/mirror/team.json');
});
