import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_BYTES, filled, recycle, takeChunk } from './chunk-memory.ts';

test('memory that was given back is used for the next read', () => {
  const chunk = takeChunk();
  const read = filled(chunk, CHUNK_BYTES);
  recycle(read);
  assert.equal(takeChunk().buffer, chunk.buffer);
});

test('memory that was not given back is never used again', () => {
  const chunk = filled(takeChunk(), CHUNK_BYTES);
  for (let count = 0; count < 100; count++) assert.notEqual(takeChunk().buffer, chunk.buffer);
});

test('giving back twice gives back once', () => {
  const read = filled(takeChunk(), CHUNK_BYTES);
  recycle(read);
  recycle(read);
  assert.notEqual(takeChunk().buffer, takeChunk().buffer);
});

test('a read that was cut in pieces comes back with its last one', () => {
  const chunk = takeChunk();
  const read = filled(chunk, CHUNK_BYTES - 10);
  recycle(read.subarray(0, 1000));
  assert.notEqual(takeChunk().buffer, chunk.buffer);
  recycle(read.subarray(1000));
  assert.equal(takeChunk().buffer, chunk.buffer);
});

test('few bytes are copied, and their memory is free at once', () => {
  const chunk = takeChunk();
  chunk.write('few');
  const read = filled(chunk, 3);
  const next = takeChunk();
  assert.equal(next.buffer, chunk.buffer);
  next.fill(0);
  assert.equal(read.toString(), 'few');
});

test('bytes that come from elsewhere are left alone', () => {
  const others = Buffer.alloc(CHUNK_BYTES, 'x');
  recycle(others);
  assert.notEqual(takeChunk().buffer, others.buffer);
  assert.equal(others[0], 'x'.charCodeAt(0));
});
