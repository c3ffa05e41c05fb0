import assert from 'node:assert/strict';
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { MediaType } from '../media-type.ts';
import { testFolder } from '../testing/folder.ts';
import { readBlobFile, receiveBlobFile, replaceFile, translate } from './blob-file.ts';
import { writeFully } from './write-fully.ts';

const BYTES = Buffer.from(Array.from({ length: 2_500_000 }, (_, i) => (i * 31) >> 3));
const BLOB = { mediaType: MediaType.layer, digest: digestOf(BYTES), size: BYTES.byteLength };
let folder = '';
let target = { path: '', partial: '', subject: 'the blob' };

beforeEach(async () => {
  folder = await testFolder('blob');
  target = { path: join(folder, 'kept/blob'), partial: join(folder, 'partial/blob'), subject: 'the blob' };
});

test('a file is read from any offset, any number of bytes', async () => {
  const path = join(folder, 'x');
  await writeFile(path, 'abcdef');
  assert.deepEqual(await read(path, {}), ['abcdef', 6]);
  assert.deepEqual(await read(path, { offset: 2, length: 3 }), ['cde', 6]);
  assert.deepEqual(await read(path, { offset: 4, length: 100 }), ['ef', 6]);
  assert.deepEqual(await read(path, { offset: 6 }), ['', 6]);
  assert.deepEqual(await read(path, { length: 0 }), ['', 6]);
  assert.equal(await readBlobFile(join(folder, 'none')), undefined);
  assert.equal(await readBlobFile(join(path, 'below a file')), undefined);
  assert.equal(await readBlobFile(folder), undefined);
});

test('a stream that nobody reads holds no file and breaks nothing when the file goes', async () => {
  const path = join(folder, 'x');
  await writeFile(path, 'abc');
  const open = await openFiles();
  const reader = await readBlobFile(path, { signal: AbortSignal.abort() });
  await rm(path);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await openFiles(), open);
  await assert.rejects(collect(reader?.stream));
});

test('a blob that had come whole is kept without asking for more', async () => {
  await leavePartial(BYTES);
  await receiveBlobFile(target, BLOB, async () => assert.fail('nothing is missing'));
  assert.deepEqual(await readFile(target.path), BYTES);
});

test('an empty blob is kept', async () => {
  const empty = { ...BLOB, digest: digestOf(''), size: 0 };
  await receiveBlobFile(target, empty, async () => stream([]));
  assert.equal((await stat(target.path)).size, 0);
});

test('a part that lost its bytes is fetched again instead of failing', async () => {
  await leavePartial(Buffer.alloc(1_000_000));
  const offsets: number[] = [];
  await receiveBlobFile(target, BLOB, async (offset) => {
    offsets.push(offset);
    return stream([BYTES.subarray(offset)]);
  });
  assert.deepEqual(offsets, [1_000_000, 0]);
  assert.deepEqual(await readFile(target.path), BYTES);
});

test('a part longer than the blob is dropped', async () => {
  await leavePartial(Buffer.concat([BYTES, Buffer.from('more')]));
  await receiveBlobFile(target, BLOB, async (offset) => stream([BYTES.subarray(offset)]));
  assert.deepEqual(await readFile(target.path), BYTES);
});

test('two that receive the same blob at the same time leave it whole', async () => {
  const gate = Promise.withResolvers<void>();
  const slow = receiveBlobFile(target, BLOB, async (offset) =>
    (async function* () {
      yield BYTES.subarray(offset, 1_000_000);
      await gate.promise;
      yield BYTES.subarray(1_000_000);
    })(),
  );
  await new Promise((resolve) => setImmediate(resolve));
  await receiveBlobFile(target, BLOB, async (offset) => stream([BYTES.subarray(offset)]));
  gate.resolve();
  await Promise.allSettled([slow]);
  assert.deepEqual(await readFile(target.path), BYTES);
});

test('cancelling stops while the part that is there is being read, and leaves it', async () => {
  await leavePartial(BYTES.subarray(0, 2_000_000));
  const signal = AbortSignal.abort(new Error('stop'));
  await assert.rejects(
    receiveBlobFile(target, BLOB, async () => assert.fail('not asked'), { signal }),
    /stop/,
  );
  assert.equal((await stat(target.partial)).size, 2_000_000);
});

test('a full disk has its own code, wherever it shows', async () => {
  const full = await open('/dev/full', 'w');
  const error = await writeFully(full, Buffer.alloc(10), 0).catch((reason: unknown) => reason);
  await full.close();
  assert.ok(isSkerryError(translate(error, 'x'), 'DISK_FULL'));
  const other = new Error('other');
  assert.equal(translate(other, 'x'), other);
  const fails = async () => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  await assert.rejects(receiveBlobFile(target, BLOB, fails), (reason) => isSkerryError(reason, 'DISK_FULL'));
});

test('a file replaced by many at once is one of theirs, and nothing else is left', async () => {
  const path = join(folder, 'index.json');
  const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(1000));
  await Promise.all(texts.map((text) => replaceFile(path, text)));
  assert.ok(texts.includes(await readFile(path, 'utf8')));
  assert.deepEqual(await readdir(folder), ['index.json']);
});

async function leavePartial(bytes: Buffer): Promise<void> {
  await assert.rejects(
    receiveBlobFile(target, { ...BLOB, size: bytes.byteLength + 1 }, async () => stream([bytes])),
    (error) => isSkerryError(error, 'SIZE_MISMATCH'),
  );
  assert.deepEqual(await readFile(target.partial), bytes);
}

async function read(path: string, options: { offset?: number; length?: number }) {
  const reader = await readBlobFile(path, options);
  return [(await collect(reader?.stream)).toString(), reader?.size];
}

async function collect(chunks: AsyncIterable<Uint8Array> = stream([])): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function* stream(chunks: Buffer[]) {
  yield* chunks;
}

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}
