import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileBuffers } from './file-buffers.ts';

const MB = 1024 * 1024;

test('memory that was given back is used again', () => {
  const buffers = new FileBuffers();
  for (const wanted of [MB, 64 * 1024]) {
    const first = buffers.take(wanted);
    buffers.giveBack(first);
    assert.equal(buffers.take(wanted), first);
  }
});

test('memory that may still be in use is never lent again', () => {
  const buffers = new FileBuffers();
  const first = buffers.take(MB);
  buffers.discard(first);
  assert.notEqual(buffers.take(MB), first);
});

test('large buffers take 22 MiB at most, and later requests get small ones', () => {
  const buffers = new FileBuffers();
  const lent = Array.from({ length: 200 }, () => buffers.take(MB));
  const large = lent.filter(({ byteLength }) => byteLength > 64 * 1024);
  assert.equal(
    large.reduce((sum, { byteLength }) => sum + byteLength, 0),
    22 * MB,
  );
  for (const buffer of lent) buffers.giveBack(buffer);
  assert.ok(buffers.take(MB).byteLength > 64 * 1024);
});

test('thousands who read nothing take no more than there is for them', () => {
  const buffers = new FileBuffers();
  for (const wanted of [MB, 60_000]) {
    const lent = Array.from({ length: 10_000 }, () => buffers.take(wanted));
    const bytes = lent.reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert.ok(bytes < 22 * MB + 12 * MB + 10_000 * 8 * 1024, `${bytes} bytes`);
    for (const buffer of lent) buffers.giveBack(buffer);
  }
  assert.ok(buffers.take(MB).byteLength > 64 * 1024);
});

test('little is read into as little', () => {
  assert.equal(new FileBuffers().take(10).byteLength, 10);
  assert.equal(new FileBuffers().take(0).byteLength, 0);
});
