import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../stores/memory.ts';
import { readSmallBlob } from './small-blob.ts';
import { writeBytes } from './write-bytes.ts';

const R = 'registry.example/app';

test('bytes become a blob that is read again by its descriptor', async () => {
  const store = new MemoryStore();
  for (const text of ['{"a":1}', '']) {
    const bytes = Buffer.from(text);
    const descriptor = await writeBytes(store, R, 'application/json', bytes);
    assert.deepEqual([descriptor.mediaType, descriptor.size], ['application/json', bytes.byteLength]);
    assert.deepEqual(await readSmallBlob(store, R, descriptor), bytes);
  }
});
