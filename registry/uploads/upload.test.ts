import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { Upload } from './upload.ts';
import { hashingFailed } from './upload-hash.ts';

/** Large enough for a thread to hash it, and small ones that are hashed as they come. */
const SIZES = [1, 1000, 1024 * 1024 - 1, 1024 * 1024, 6_000_000];

for (const size of SIZES) {
  test(`${size} bytes that came whole hash to their digest and to no other`, async (t) => {
    const { upload } = await prepare(t);
    const bytes = randomBytes(size);
    assert.equal(await append(t, upload, bytes, size), true);
    assert.equal(await upload.seal(digestOf('something else')), false);
    assert.equal(await upload.seal(digestOf(bytes)), true);
  });

  test(`${size} bytes that came in two requests, with a restart between them or without, hash to their digest`, async (t) => {
    const { upload, path, threads } = await prepare(t);
    const bytes = randomBytes(size);
    const half = Math.floor(size / 2);
    await append(t, upload, bytes.subarray(0, half));
    const restarted = new Upload({ id: 'again', path, size: half, threads });
    await append(t, restarted, bytes.subarray(half));
    assert.equal(await restarted.seal(digestOf(bytes)), true);

    const { upload: other } = await prepare(t);
    await append(t, other, bytes.subarray(0, half));
    await append(t, other, bytes.subarray(half));
    assert.equal(await other.seal(digestOf(bytes, 'sha512')), true);
    assert.equal(await other.seal(digestOf(bytes)), true);
  });

  test(`${size} bytes after others that were dropped hash to their digest`, async (t) => {
    const { upload } = await prepare(t);
    const bytes = randomBytes(size);
    await append(t, upload, bytes);
    await append(t, upload, randomBytes(size));
    await upload.cutTo(size);
    assert.equal(await upload.seal(digestOf(bytes)), true);
  });
}

test('an upload that is broken off goes on from what came, and hashes to its digest', async (t) => {
  const { upload } = await prepare(t);
  const bytes = randomBytes(8_000_000);
  assert.equal(await append(t, upload, bytes.subarray(0, 5_000_000), 8_000_000, { hangUp: true }), false);
  assert.ok(upload.size <= 5_000_000);
  assert.equal(await append(t, upload, bytes.subarray(upload.size)), true);
  assert.equal(await upload.seal(digestOf(bytes)), true);
});

test('what a thread that dies was hashing is not sealed, and is once it can be hashed', async (t) => {
  const workers: Worker[] = [];
  const startWorker = () => {
    const good = new URL('../../content/bytes/hash/hash-worker.ts', import.meta.url);
    const worker = workers.length === 0 ? new Worker('process.exit(1)', { eval: true }) : new Worker(good);
    workers.push(worker);
    return worker;
  };
  const { upload } = await prepare(t, new HashThreads({ most: 1, startWorker, failed: hashingFailed }));
  const bytes = randomBytes(6_000_000);
  assert.equal(await append(t, upload, bytes, bytes.byteLength), true);
  await assert.rejects(upload.seal(digestOf(bytes)), (error) =>
    isSkerryError(error, 'REGISTRY_HASHING_FAILED'),
  );
  assert.equal(await upload.seal(digestOf(bytes)), true);
  assert.equal(workers.length, 2);
});

async function prepare(t: TestContext, threads = new HashThreads({ most: 1, failed: hashingFailed })) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-upload-'));
  const path = join(folder, 'upload');
  await writeFile(path, '');
  t.after(async () => {
    await threads.close();
    await rm(folder, { recursive: true });
  });
  return { upload: new Upload({ id: 'upload', path, size: 0, threads }), path, threads };
}

/** Sends bytes in a request's body, of the length that is said or of none, and adds them to the upload. */
async function append(
  t: TestContext,
  upload: Upload,
  bytes: Uint8Array,
  length?: number,
  { hangUp = false } = {},
): Promise<boolean> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const headers = length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': length };
  const sending = request({ port: address.port, host: '127.0.0.1', method: 'PUT', headers, agent: false });
  sending.on('error', () => {});
  if (hangUp) sending.write(bytes, () => sending.destroy());
  else sending.end(bytes);
  const incoming = await new Promise<IncomingMessage>((resolve) => server.once('request', resolve));
  const { signal } = new AbortController();
  const options = { limit: 1e12, length, onWaiting: () => {}, onWritten: () => {} };
  const whole = await upload.append(incoming, signal, options);
  sending.destroy();
  return whole;
}
