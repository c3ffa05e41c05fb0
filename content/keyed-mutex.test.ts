import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedMutex } from './keyed-mutex.ts';

test('work with one key runs in order, also behind what failed; other keys do not wait', async () => {
  const mutex = new KeyedMutex();
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = mutex.run('a', async () => {
    await gate.promise;
    said.push('first');
    throw new Error('failed');
  });
  const second = mutex.run('a', async () => said.push('second'));
  await mutex.run('b', async () => said.push('other'));
  assert.deepEqual(said, ['other']);
  gate.resolve();
  await assert.rejects(first, /failed/);
  await second;
  assert.deepEqual(said, ['other', 'first', 'second']);
  assert.equal(mutex.size, 0);
});
