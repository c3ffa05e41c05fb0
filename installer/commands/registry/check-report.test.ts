import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import type { Damage } from '../../../registry/scrub/check-event.ts';
import { CheckReport } from './check-report.ts';

const FILES = { files: 0, bytes: 0 };

function reportOf(missing: number, ...problems: Damage['problem'][]): CheckReport {
  const report = new CheckReport();
  for (const [n, problem] of problems.entries()) {
    const damage: Damage = { problem, kind: 'blob', digest: digestOf(`${n}`), hurts: [], more: false };
    report.add({ type: 'damage', damage });
  }
  const sums = { checked: FILES, orphans: FILES, quarantine: FILES };
  report.add({ type: 'done', ...sums, missing, incomplete: 0 });
  return report;
}

test('what is lost is summed up by what became of it', () => {
  assert.equal(
    reportOf(1, 'rotten').failure,
    '1 content of a repository is lost until pushed or repaired: 1 rotten',
  );
  assert.equal(
    reportOf(3, 'rotten', 'missing', 'incomplete', 'rotten').failure,
    '3 contents of repositories are lost until pushed or repaired: 2 rotten, 1 missing',
  );
});

test('what was repaired is not counted as lost', () => {
  const report = reportOf(1, 'rotten', 'missing');
  report.add({ type: 'repaired', digest: digestOf('0'), from: 'a bundle' });
  assert.match(report.failure ?? '', /: 1 missing$/);
  assert.equal(reportOf(0).failure, undefined);
});
