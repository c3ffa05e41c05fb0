import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Use } from './contest.ts';
import { alignColumns, formatReport, formatVerdict, type ReportedContest } from './report.ts';

const ASKED = { ratio: 1, peakBytes: 200_000_000, extraDisk: 0.05 };
const USE: Use = {
  peakBytes: 120_000_000,
  togetherBytes: 130_000_000,
  writtenBytes: 0,
  cpuSeconds: 1,
  registryPeakBytes: 0,
};

test('a verdict holds when the worst of all contests is good enough', () => {
  const contests = [contest('a', 1.2), contest('b', 1, { writtenBytes: 49_000_000 })];
  assert.deepEqual(formatVerdict(contests, ASKED).split('\n'), [
    'holds at least as fast as skopeo: at worst 1.00 times (b)',
    'holds peak memory: at worst 120 MB (a)',
    'holds extra disk on import: at worst 4.9 % (b)',
  ]);
});

test('one contest that was lost is enough to fail', () => {
  const contests = [
    contest('fast', 3),
    contest('slow', 0.99),
    contest('large', 2, { peakBytes: 200_000_000 }),
    contest('full', 2, { writtenBytes: 50_000_000 }),
  ];
  assert.deepEqual(formatVerdict(contests, ASKED).split('\n'), [
    'FAILS at least as fast as skopeo: at worst 0.99 times (slow)',
    'FAILS peak memory: at worst 200 MB (large)',
    'FAILS extra disk on import: at worst 5.0 % (full)',
  ]);
});

test('what was not measured is neither held nor failed', () => {
  const create: ReportedContest = { ...contest('a', 1.2), work: 'create' };
  assert.match(formatVerdict([create], ASKED), /^not measured: extra disk on import$/m);
});

test('a table has a line for each contender, the baseline first', () => {
  const lines = formatReport([contest('a', 1.25)]).split('\n');
  assert.equal(lines[0], 'a: 1000 MB, 2 rounds');
  assert.match(lines[2] ?? '', /^ {2}skopeo +2\.50 s +120 MB/);
  assert.match(lines[3] ?? '', /^ {2}skerry +2\.00 s +1\.25 {2}\(1\.00 to 1\.50\) +120 MB/);
});

test('columns stand under each other', () => {
  assert.deepEqual(
    alignColumns([
      ['', 'long title'],
      ['name', '1'],
    ]),
    ['       long title', 'name            1'],
  );
});

function contest(title: string, ratio: number, use: Partial<Use> = {}): ReportedContest {
  const comparison = { rounds: 2, own: 2, baseline: 2.5, ratio, lowest: 1, highest: 1.5 };
  return {
    title,
    work: 'import',
    set: 'synthetic',
    rivals: [],
    bytes: 1_000_000_000,
    baseline: { name: 'skopeo', use: USE },
    others: [{ name: 'skerry', use: { ...USE, ...use }, comparison }],
  };
}
