import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { hashSync } from 'bcryptjs';
import { BcryptThread } from './bcrypt-thread.ts';

const HASH = hashSync('secret', 4);

test('a thread compares passwords, several at once', async () => {
  const thread = new BcryptThread();
  const asked = ['secret', 'Secret', '', 'secret'].map((password) => thread.compare(password, HASH));
  assert.deepEqual(await Promise.all(asked), [true, false, false, true]);
});

test('who waits for a thread that dies is told, and the next one starts another', async () => {
  let started = 0;
  const dying = new Worker('process.exit(3)', { eval: true });
  const thread = new BcryptThread(() =>
    started++ === 0 ? dying : new Worker(new URL('./bcrypt-worker.ts', import.meta.url)),
  );
  await assert.rejects(thread.compare('secret', HASH));
  assert.equal(await thread.compare('secret', HASH), true);
  assert.equal(started, 2);
});
