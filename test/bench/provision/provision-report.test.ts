import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProvisionReport } from './provision-report.ts';

test('what was asked for stands beside what was measured, and each call beside how often it is made', () => {
  const report = formatProvisionReport({
    figures: [
      { what: 'errors', asked: 0, seen: 0, unit: '' },
      { what: 'calls for a machine', asked: 12, seen: 12.34, unit: '' },
      { what: 'all run', asked: undefined, seen: 123.4, unit: 's' },
    ],
    calls: [{ method: 'CloneVM_Task', each: 1 }],
  });
  assert.match(report, /errors +at most 0 +0 +holds/);
  assert.match(report, /calls for a machine +at most 12 +12\.3 +FAILS/);
  assert.match(report, /all run +123 s/);
  assert.match(report, /CloneVM_Task +1\.00/);
});
