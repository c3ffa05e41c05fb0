import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logLine } from './log-line.ts';

test('a line of the log has a time in microseconds, which cores insist on', () => {
  const line = logLine('halfway', new Date(0));
  assert.equal(line, '{"@level":"info","@message":"halfway","@timestamp":"1970-01-01T00:00:00.000000Z"}\n');
});
