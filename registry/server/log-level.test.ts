import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../log.ts';
import { leveledLog } from './log-level.ts';

function leveled(record: LogRecord): LogRecord {
  const lines: LogRecord[] = [];
  leveledLog(
    (line) => lines.push(line),
    () => 0,
  )(record);
  return lines[0] ?? {};
}

test('every line has a time and a level, and keeps those that it has', () => {
  assert.deepEqual(leveled({ message: 'serving', port: 1 }), {
    time: '1970-01-01T00:00:00.000Z',
    level: 'info',
    message: 'serving',
    port: 1,
  });
  const own = { time: '2026-11-23T07:03:12.255Z', level: 'warn', event: 'users-kept' };
  assert.deepEqual(leveled(own), own);
});

test('what somebody should look at is told from what goes as it should', () => {
  const levelOf = (record: LogRecord) => leveled(record).level;
  for (const event of ['blob-quarantined', 'users-kept', 'users-missing', 'tls-kept', 'scrub-failed'])
    assert.equal(levelOf({ event }), 'error', event);
  for (const event of ['users-read', 'tls-read', 'uploads-forgotten', 'garbage-collected', 'toString'])
    assert.equal(levelOf({ event }), 'info', event);
  assert.equal(levelOf({ event: 'scrub-round', rotten: 0, unreadable: 0, missing: 0 }), 'info');
  assert.equal(levelOf({ event: 'scrub-round', rotten: 1, unreadable: 0, missing: 0 }), 'error');
});
