import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecordStart } from './record-start.ts';

const RECORD = Buffer.from(
  JSON.stringify({
    time: '2026-11-23T07:15:04.120Z',
    user: 'zoë "\\" \u0001 \\u',
    action: 'login',
    tags: ['1', '2.3', 'a\\'],
    blockedFor: 12,
    result: 'done',
    prev: '0'.repeat(64),
  }),
);

test('whatever a record is cut to is the start of one', () => {
  for (let length = 1; length < RECORD.byteLength; length++)
    assert.ok(isRecordStart(RECORD.subarray(0, length)), RECORD.subarray(0, length).toString());
  assert.ok(isRecordStart(Buffer.concat([RECORD.subarray(0, 50), Buffer.alloc(100)])));
});

test('what no record begins with is none', () => {
  const others = [
    '',
    'garbage',
    'root:x',
    '{"user',
    '{"time":"now"',
    '{"time":"2026-11-23T07:15:04.120Z"}',
    '[',
  ];
  const broken = ['x', '\u0001', '"", 1', '{}'].map((more) => `${RECORD.subarray(0, 36)}user":1${more}`);
  for (const text of [...others, ...broken]) assert.equal(isRecordStart(Buffer.from(text)), false, text);
  assert.equal(isRecordStart(Buffer.concat([RECORD.subarray(0, 40), Buffer.from([0xff, 0x41])])), false);
  assert.equal(isRecordStart(RECORD), false, 'a whole record is not the start of one');
});
