import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFleetReport } from './fleet-report.ts';

test('what was asked for stands beside what was measured, and whether it holds', () => {
  const report = formatFleetReport({
    sizes: [{ agents: 10, hubBytes: 120_000_000, connectSeconds: 1.25 }],
    measures: [
      { what: 'acknowledged by all', asked: 60, seen: 12.34, unit: 's' },
      { what: 'an idle agent a minute', asked: 200, seen: 252, unit: 'B' },
    ],
  });
  assert.match(report, /acknowledged by all +under 60 s +12\.3 s +holds/);
  assert.match(report, /an idle agent a minute +under 200 B +252 B +FAILS/);
  assert.match(report, /10 +120 MB +1\.3 s/);
});
