import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { runSteps } from './steps.ts';

test('every step that ran is timed, under its id; what was skipped took no time', async () => {
  const stream = () => new PassThrough().resume();
  const console = { stdin: stream(), stdout: stream(), stderr: stream(), env: {} };
  for (const format of ['json', 'text'] as const) {
    const times = await runSteps(console, format, [
      { id: 'one', title: 'The first', run: async () => {} },
      { id: 'two', title: 'The second', skip: 'done before', run: async () => assert.fail('skipped') },
      { title: 'The third', run: async () => 'said' },
    ]);
    assert.deepEqual(
      times.map(({ id }) => id),
      ['one', 'The third'],
    );
    assert.ok(times.every(({ durationMs }) => Number.isInteger(durationMs) && durationMs >= 0));
  }
});
