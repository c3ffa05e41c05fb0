import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isSkerryError } from '../../../content/error.ts';
import { testFolder } from '../../../content/testing/folder.ts';
import { withLoginLock } from './login-lock.ts';

const QUICK = { staleMs: 50, pollMs: 1 };
const PATIENT = { staleMs: 60_000, pollMs: 1 };

/** Work that notes how many do it at once. */
function counted() {
  const seen = { now: 0, most: 0, done: 0 };
  const work = async () => {
    seen.now++;
    seen.most = Math.max(seen.most, seen.now);
    await setTimeout(2);
    seen.now--;
    seen.done++;
  };
  return { seen, work };
}

test('of many who want it at once one works at a time, and nothing is left', async () => {
  const folder = await testFolder('lock');
  const { seen, work } = counted();
  await Promise.all(
    Array.from({ length: 8 }, async () => await withLoginLock(join(folder, 'login'), work, PATIENT)),
  );
  assert.deepEqual(seen, { now: 0, most: 1, done: 8 });
  assert.deepEqual(await readdir(folder), []);
});

test('of many who wait for one who has died, one after the other works', async () => {
  const folder = await testFolder('lock');
  await mkdir(join(folder, 'login.lock'));
  await writeFile(join(folder, 'login.lock', 'owner-dead'), '');
  const { seen, work } = counted();
  await Promise.all(
    Array.from({ length: 6 }, async () => await withLoginLock(join(folder, 'login'), work, QUICK)),
  );
  assert.deepEqual(seen, { now: 0, most: 1, done: 6 });
  assert.deepEqual(await readdir(folder), []);
});

test('one who was taken for dead leaves the lock to its owner of now', async () => {
  const folder = await testFolder('lock');
  const file = join(folder, 'login');
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const slow = withLoginLock(file, async () => {
    begun.resolve();
    await end.promise;
  });
  await begun.promise;
  await withLoginLock(
    file,
    async () => {
      const before = await readdir(`${file}.lock`);
      end.resolve();
      await slow;
      assert.deepEqual(await readdir(`${file}.lock`), before);
    },
    QUICK,
  );
  assert.deepEqual(await readdir(folder), []);
});

test('an empty folder of an earlier version is nobody’s, and what is no folder is an error', async () => {
  const folder = await testFolder('lock');
  await mkdir(join(folder, 'login.lock'));
  assert.equal(await withLoginLock(join(folder, 'login'), async () => 'done', PATIENT), 'done');
  await writeFile(join(folder, 'login.lock'), '');
  await assert.rejects(
    withLoginLock(join(folder, 'login'), async () => 'done', PATIENT),
    (error) => isSkerryError(error, 'LOGIN_FILE_INVALID'),
  );
});
