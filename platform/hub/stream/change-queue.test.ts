import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeQueue } from './change-queue.ts';

test('of each object only the latest change waits, behind what came before it', () => {
  const queue = new ChangeQueue();
  for (let version = 1; version <= 1000; version++)
    queue.push(change(version % 2 === 0 ? 'a' : 'b', version));
  assert.equal(queue.size, 2);
  assert.deepEqual([queue.take()?.upTo, queue.take()?.upTo, queue.take()], ['999', '1000', undefined]);
});

test('waiting ends with a change, and with the signal', async () => {
  const queue = new ChangeQueue();
  const stop = new AbortController();
  const filled = queue.filled(stop.signal);
  queue.push(change('a', 1));
  await filled;
  queue.take();
  const waiting = queue.filled(stop.signal);
  stop.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
});

function change(name: string, version: number) {
  const object = { apiVersion: 'v1', kind: 'X', metadata: { name } };
  return {
    plural: 'clusters',
    change: { key: `p/${name}`, object, isDeleted: false },
    upTo: String(version),
  };
}
