import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { digestOf } from '../../digest.ts';
import { isSkerryError } from '../../error.ts';
import { HashThreads } from './hash-threads.ts';

const MB = 1024 * 1024;
const BYTES = randomBytes(5 * MB);
const isHashingFailed = (error: unknown) => isSkerryError(error, 'HASHING_FAILED');

for (const algorithm of ['sha256', 'sha512'] as const) {
  test(`the ${algorithm} digest of a file that grows is that of its bytes`, async (t) => {
    const { threads, path } = await prepare(t);
    const hash = threads.follow(path, algorithm);
    for (let size = 0; size < BYTES.byteLength; size += 700_000) {
      await appendFile(path, BYTES.subarray(size, size + 700_000));
      void hash.wrote(Math.min(size + 700_000, BYTES.byteLength));
    }
    assert.equal(await hash.digest(BYTES.byteLength), digestOf(BYTES, algorithm));
  });
}

test('a file that was there before is hashed from its beginning, and only as far as its bytes count', async (t) => {
  const { threads, path } = await prepare(t);
  await writeFile(path, BYTES);
  const hash = threads.follow(path, 'sha256');
  assert.equal(await hash.digest(3 * MB), digestOf(BYTES.subarray(0, 3 * MB)));
  assert.equal(await hash.digest(BYTES.byteLength), digestOf(BYTES));
});

test('a part of a file is hashed as if it were one', async (t) => {
  const { threads, path } = await prepare(t);
  await writeFile(path, BYTES);
  const hash = threads.follow(path, 'sha256', MB + 1);
  void hash.wrote(MB);
  assert.equal(await hash.digest(3 * MB), digestOf(BYTES.subarray(MB + 1, 4 * MB + 1)));
});

test('many files are hashed at once by fewer threads', async (t) => {
  const { threads, path, started } = await prepare(t, { most: 2 });
  const wanted = Array.from({ length: 10 }, (_, at) => BYTES.subarray(at * 1000));
  const found = await Promise.all(
    wanted.map(async (bytes, at) => {
      await writeFile(`${path}.${at}`, bytes);
      const hash = threads.follow(`${path}.${at}`, 'sha256');
      void hash.wrote(bytes.byteLength);
      return await hash.digest(bytes.byteLength);
    }),
  );
  assert.deepEqual(
    found,
    wanted.map((bytes) => digestOf(bytes)),
  );
  assert.equal(started(), 2);
});

test('a thread that has nothing to do is used again', async (t) => {
  const { threads, path, started } = await prepare(t, { most: 2 });
  await writeFile(path, BYTES);
  for (let round = 0; round < 3; round++) {
    const hash = threads.follow(path, 'sha256');
    assert.equal(await hash.digest(BYTES.byteLength), digestOf(BYTES));
    hash.forget();
  }
  assert.equal(started(), 1);
});

test('who writes faster than a thread can read has to wait until it has caught up', async (t) => {
  const { threads, path } = await prepare(t);
  const size = 100 * MB;
  await writeFile(path, '');
  await truncate(path, size);
  const hash = threads.follow(path, 'sha256');
  const behind = hash.wrote(size);
  assert.ok(behind !== undefined);
  await behind;
  assert.equal(hash.wrote(size), undefined);
});

test('a file that is shorter than what was written to it has no digest', async (t) => {
  const { threads, path } = await prepare(t);
  await writeFile(path, BYTES);
  const hash = threads.follow(path, 'sha256');
  await assert.rejects(hash.digest(BYTES.byteLength + 1), isHashingFailed);
  await assert.rejects(hash.digest(BYTES.byteLength), isHashingFailed);
});

test('when a thread dies its hashes fail, nobody waits for ever, and the next hash has a new thread', async (t) => {
  const { threads, path, started, workers } = await prepare(t);
  await writeFile(path, BYTES);
  await truncate(path, 300 * MB);
  const hash = threads.follow(path, 'sha256');
  const behind = hash.wrote(300 * MB);
  const digest = assert.rejects(hash.digest(300 * MB), isHashingFailed);
  await workers[0]?.terminate();
  await digest;
  await behind;
  await assert.rejects(hash.digest(300 * MB), isHashingFailed);
  const next = threads.follow(path, 'sha256');
  assert.equal(await next.digest(BYTES.byteLength), digestOf(BYTES));
  assert.equal(started(), 2);
});

test('a thread that fails to start is told like one that died', async (t) => {
  const { path } = await prepare(t);
  const broken = () => new Worker('throw new Error("no memory")', { eval: true });
  const threads = new HashThreads({ most: 1, startWorker: broken });
  await writeFile(path, BYTES);
  await assert.rejects(threads.follow(path, 'sha256').digest(BYTES.byteLength), isHashingFailed);
});

test('closing ends the threads and whoever still waits', async (t) => {
  const { threads, path } = await prepare(t);
  await writeFile(path, '');
  await truncate(path, 300 * MB);
  const digest = assert.rejects(threads.follow(path, 'sha256').digest(300 * MB), isHashingFailed);
  await threads.close();
  await digest;
});

async function prepare(t: TestContext, { most = 1 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-hash-'));
  const workers: Worker[] = [];
  const startWorker = () => {
    const worker = new Worker(new URL('./hash-worker.ts', import.meta.url));
    workers.push(worker);
    return worker;
  };
  const threads = new HashThreads({ most, startWorker });
  t.after(async () => {
    await threads.close();
    await rm(folder, { recursive: true });
  });
  return { threads, workers, path: join(folder, 'upload'), started: () => workers.length };
}
