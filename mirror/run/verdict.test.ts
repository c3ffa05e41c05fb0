import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentError } from '../../content/errors.ts';
import { mirrorError } from '../errors.ts';
import { JobTally } from './job-result.ts';
import type { JobPlan } from './plan-mirror.ts';
import { verdictOf, verdictOfCheck } from './verdict.ts';

const AWAY = contentError('REGISTRY_UNREACHABLE', { subject: 'registry.example' });
const ROTTEN = contentError('DIGEST_MISMATCH', { subject: 'app:1' });

function tally(fill: (tally: JobTally) => void): ReturnType<JobTally['result']> {
  const made = new JobTally({ job: 'a', from: 'x', to: 'y' });
  fill(made);
  return made.result();
}
const good = tally((each) => each.selected(2));
const bad = tally((each) => {
  each.selected(2);
  each.failed(ROTTEN, 'app', '1');
});
const away = tally((each) => each.ended(AWAY));

test('exit codes tell all well, some failed and nothing reached from each other', () => {
  assert.equal(verdictOf([good]), undefined);
  const exitOf = (...jobs: Parameters<typeof verdictOf>[0]) => [verdictOf(jobs)?.code, verdictOf(jobs)?.exit];
  assert.deepEqual(exitOf(good, bad), ['MIRROR_INCOMPLETE', 6]);
  assert.deepEqual(exitOf(away), ['MIRROR_UNREACHABLE', 1]);
  // One that was reached makes it incomplete.
  assert.deepEqual(exitOf(away, good), ['MIRROR_INCOMPLETE', 6]);
  // All of it rotten is not unreachable.
  assert.deepEqual(exitOf(tally((each) => each.failed(ROTTEN, 'app', '1'))), ['MIRROR_INCOMPLETE', 6]);
  const many = mirrorError('MIRROR_DELETES_TOO_MUCH', { subject: 'job a' });
  assert.deepEqual(exitOf(tally((each) => each.ended(many))), ['MIRROR_INCOMPLETE', 6]);
});

test('a check tells drift, unless something could not be compared', () => {
  const plan: JobPlan = {
    ...{
      job: 'a',
      from: 'x',
      to: 'y',
      items: 2,
      same: 2,
      missing: 0,
      moved: 0,
      incomplete: 0,
      failed: 0,
      bytes: 0,
    },
    requests: { source: 0, target: 0 },
    changes: [],
    failures: [],
  };
  const tags = [{ repository: 'app', tag: 'old' }];
  const exitOf = (...plans: JobPlan[]) => [verdictOfCheck(plans)?.code, verdictOfCheck(plans)?.exit];
  assert.equal(verdictOfCheck([plan]), undefined);
  assert.deepEqual(exitOf(plan, { ...plan, moved: 1 }), ['MIRROR_DRIFT', 7]);
  assert.deepEqual(exitOf({ ...plan, missing: 1 }), ['MIRROR_DRIFT', 7]);
  assert.deepEqual(exitOf({ ...plan, deletes: { tags, held: 9, most: 1, allowed: true } }), [
    'MIRROR_DRIFT',
    7,
  ]);
  assert.deepEqual(exitOf({ ...plan, moved: 1, failed: 1 }), ['MIRROR_INCOMPLETE', 6]);
});
