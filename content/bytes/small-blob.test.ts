import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { MemoryStore } from '../stores/memory.ts';
import { readSmallBlob } from './small-blob.ts';

const R = 'registry.example/app';
const BYTES = Buffer.from('{"a":1}');
const DESCRIPTOR = { mediaType: 'application/json', digest: digestOf(BYTES), size: BYTES.byteLength };

test('a small blob is read whole', async () => {
  const store = new MemoryStore();
  store.putBlob(DESCRIPTOR, BYTES);
  assert.deepEqual(await readSmallBlob(store, R, DESCRIPTOR), BYTES);
});

test('absent, changed, short and endless blobs are told apart, and nothing endless is kept', async () => {
  const store = new MemoryStore();
  await assert.rejects(readSmallBlob(store, R, DESCRIPTOR), hasCode('CONTENT_NOT_FOUND'));
  await assert.rejects(
    readSmallBlob(store, R, { ...DESCRIPTOR, size: 17 * 1024 * 1024 }),
    hasCode('SIZE_MISMATCH'),
  );
  const read = (chunks: Iterable<Buffer>) => {
    store.readBlob = async () => ({ size: BYTES.byteLength, stream: all(chunks) });
    return readSmallBlob(store, R, DESCRIPTOR);
  };
  await assert.rejects(read([Buffer.from('{"a":2}')]), hasCode('DIGEST_MISMATCH'));
  await assert.rejects(read([BYTES.subarray(0, 3)]), hasCode('SIZE_MISMATCH'));
  let taken = 0;
  const endless = (function* () {
    for (;;) {
      taken++;
      yield Buffer.alloc(1024);
    }
  })();
  await assert.rejects(read(endless), hasCode('SIZE_MISMATCH'));
  assert.ok(taken <= 2);
});

async function* all(chunks: Iterable<Buffer>) {
  yield* chunks;
}

function hasCode(code: string) {
  return (error: unknown) => isSkerryError(error, code);
}
