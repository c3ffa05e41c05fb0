import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Spent } from './growth.ts';
import {
  formatGrowth,
  formatRegistryReport,
  formatRegistryVerdict,
  type RegistryResult,
} from './registry-report.ts';

const MB = 1_000_000;

test('a contest is held when its median ratio is at least what was asked, and only watched where nothing was', () => {
  const results = [result('fast', 2, 2), result('slow', 1.99, 2), result('watched', 0.5, undefined)];
  assert.deepEqual(formatRegistryVerdict(results, 200 * MB).split('\n'), [
    'holds fast: 2.00 times',
    'FAILS slow: 1.99 times',
    'holds peak memory: at worst 150 MB (fast)',
  ]);
});

test('the largest peak of all contests is what counts', () => {
  const results = [result('small', 1, 1), result('large', 1, 1, 200 * MB)];
  assert.match(formatRegistryVerdict(results, 200 * MB), /^FAILS peak memory: at worst 200 MB \(large\)$/m);
});

test('rates are work by the median time', () => {
  const lines = formatRegistryReport([result('pull', 2, 1)]).split('\n');
  assert.match(lines[1] ?? '', /^pull +1000 MB\/s +500 MB\/s +2\.00 {2}\(1\.00 to 3\.00\) +1\.0/);
});

test('what requests cost has a line for each number of manifests', () => {
  const spent: Spent = { elapsed: 250.4, processor: 80 };
  const costs = [1000, 100_000].map((manifests) => ({
    manifests,
    peakBytes: 100 * MB,
    spent: { 'GET manifest': spent, 'HEAD blob': spent, 'PUT manifest': spent, 'GET page of tags': spent },
  }));
  const lines = formatGrowth(costs).split('\n');
  assert.match(lines[1] ?? '', /^ {2}1000 manifests +250 \(80\) /);
  assert.match(lines[2] ?? '', /^ {2}100000 manifests +250 \(80\) /);
});

function result(
  title: string,
  ratio: number,
  asked: number | undefined,
  peakBytes = 150 * MB,
): RegistryResult {
  return {
    contest: { title, asked, work: 500, unit: 'MB' },
    comparison: { rounds: 3, own: 0.5, baseline: 1, ratio, lowest: 1, highest: 3 },
    own: { peakBytes, cpuSeconds: 0.25 },
    other: { peakBytes: 60 * MB, cpuSeconds: 0.5 },
  };
}
