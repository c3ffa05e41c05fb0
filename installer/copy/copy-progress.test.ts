import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCopyLine, readCopyLog } from './copy-progress.ts';

test('the last progress of a log is read back as it was written, whatever else stands there', () => {
  const lines = [
    formatCopyLine({ bytesDone: 1, bytesTotal: 9, finished: false }),
    'a warning of the runtime',
    formatCopyLine({ bytesDone: 9, bytesTotal: 9, finished: true }),
    '',
  ];
  assert.deepEqual(readCopyLog(lines.join('\n')), {
    progress: { bytesDone: 9, bytesTotal: 9, finished: true },
  });
});

test('a failure is read as any command prints it with --output json', () => {
  const failure = { code: 'REGISTRY_DENIED', message: 'The registry refuses access.' };
  const log = `{"bytesDone":1,"bytesTotal":9}\n${JSON.stringify({ error: { ...failure, subject: 's', remedy: 'r' } })}\n`;
  assert.deepEqual(readCopyLog(log), {
    progress: { bytesDone: 1, bytesTotal: 9, finished: false },
    failure,
  });
});

test('a log that says nothing, or was cut off in a line, is no news', () => {
  assert.deepEqual(readCopyLog(''), {});
  assert.deepEqual(readCopyLog('{"bytesDone":1,"bytes'), {});
});
