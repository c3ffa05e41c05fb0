import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Log, LogRecord } from '../log.ts';
import { gatherLines, jsonLog, quietLog, textLog } from './request-log.ts';

const REQUEST: LogRecord = {
  time: '2026-11-23T07:03:12.255Z',
  level: 'info',
  event: 'request',
  requestId: 'b896fe40-1ee8',
  method: 'HEAD',
  path: '/v2/app/manifests/v1',
  status: 200,
  milliseconds: 1,
  bytesIn: 210,
  bytesOut: 267,
  whole: true,
  user: 'ada',
  remote: '10.0.0.1',
  agent: 'crane/1',
};

test('a request is one line, with its error and id where it failed', () => {
  const [fine, failed] = linesOf(textLog, [
    REQUEST,
    { ...REQUEST, status: 507, user: undefined, error: 'the disk has "no" room' },
  ]);
  assert.equal(
    fine,
    '2026-11-23T07:03:12Z 200 HEAD /v2/app/manifests/v1 1 ms, 210 in, 267 out, ada@10.0.0.1\n',
  );
  assert.equal(
    failed,
    '2026-11-23T07:03:12Z 507 HEAD /v2/app/manifests/v1 1 ms, 210 in, 267 out, 10.0.0.1 error="the disk has \\"no\\" room" requestId=b896fe40-1ee8\n',
  );
});

test('what is between requests is its name and what goes with it', () => {
  const lines = linesOf(textLog, [
    { message: 'serving', store: 'store /srv/registry', port: 5000, auditHead: undefined },
    { time: REQUEST.time, level: 'info', event: 'uploads-forgotten', removed: 3 },
    { time: REQUEST.time, level: 'error', event: 'users-kept', error: 'gone' },
  ]);
  assert.deepEqual(lines, [
    'serving store="store /srv/registry" port=5000\n',
    '2026-11-23T07:03:12Z uploads-forgotten removed=3\n',
    '2026-11-23T07:03:12Z users-kept error=gone level=error\n',
  ]);
});

test('what a client writes can’t steer the terminal, nor make a line of its own', () => {
  for (const format of [textLog, jsonLog]) {
    const [line, ...more] = linesOf(format, [
      { ...REQUEST, path: '/v2/\u001b[2J\n07:03:12 200 all is well' },
    ]);
    assert.deepEqual(more, []);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.match(line ?? '', /^[^\u0000-\u001f]*\n$/);
  }
});

test('a quiet log keeps what failed here and what is between requests', () => {
  const kept = linesOf(
    (write) => quietLog(jsonLog(write)),
    [
      REQUEST,
      { ...REQUEST, status: 404, error: 'not there' },
      { ...REQUEST, status: 500, level: 'error', error: 'the disk' },
      { event: 'login-blocked', method: 'password' },
    ],
  );
  assert.equal(kept.length, 2);
});

test('lines of one turn are written together, and those that wait when the process ends as well', async () => {
  const writes: string[] = [];
  let flush = () => {};
  const write = gatherLines(
    (lines) => writes.push(lines),
    (atEnd) => {
      flush = atEnd;
    },
  );
  write('one\n');
  write('two\n');
  assert.deepEqual(writes, []);
  await turn();
  assert.deepEqual(writes, ['one\ntwo\n']);
  write('three\n');
  flush();
  await turn();
  assert.deepEqual(writes, ['one\ntwo\n', 'three\n']);
});

function linesOf(format: (write: (line: string) => void) => Log, records: readonly LogRecord[]): string[] {
  const lines: string[] = [];
  const log = format((line) => lines.push(line));
  for (const record of records) log(record);
  return lines;
}
