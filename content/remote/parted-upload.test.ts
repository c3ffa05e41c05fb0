import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { MediaType } from '../media-type.ts';
import type { BlobSource } from '../store.ts';
import { testFolder } from '../testing/folder.ts';
import { play, QUICK, type Step } from '../testing/script.ts';
import { PART_BYTES } from './parted-upload.ts';
import { openRemote } from './store.ts';
import { FileUploadSessions } from './upload-sessions.ts';

const R = 'team/app';
const BYTES = Buffer.from(Array.from({ length: 2 * PART_BYTES + 1000 }, (_, i) => (i * 31) >> 3));
const BLOB = { mediaType: MediaType.layer, digest: digestOf(BYTES), size: BYTES.byteLength };
const OPEN: Step = {
  expect: `POST /v2/${R}/blobs/uploads/`,
  status: 202,
  answer: { location: '/upload/0' },
};
const ABSENT: Step = { expect: `HEAD /v2/${R}/blobs/${BLOB.digest}`, status: 404 };

test('parts go one after the other, each to where the last answer said', async (context) => {
  const site = await siteOf(context, [OPEN, part(0), part(1), part(2), commitOf(3)]);
  await site.upload(sourceOf(BYTES));
  assert.deepEqual(await readdir(site.folder), []);
});

test('another run goes on with the session of one that was stopped, and reads no more than is missing', async (context) => {
  const stopped = await siteOf(context, [OPEN, part(0)]);
  const stop = new AbortController();
  const half: BlobSource = async () => stopping(BYTES.subarray(0, PART_BYTES + 1), stopped.kept, stop);
  await assert.rejects(stopped.upload(half, stop.signal), /stopped/);
  assert.equal((await readdir(stopped.folder)).length, 1);
  const offsets: number[] = [];
  stopped.replay([
    { expect: 'GET /upload/1', status: 204, answer: { range: `0-${PART_BYTES - 1}`, location: '/upload/1' } },
    part(1),
    part(2),
    commitOf(3),
  ]);
  await stopped.upload(async (offset) => {
    offsets.push(offset);
    return await sourceOf(BYTES)(offset);
  });
  assert.deepEqual(offsets, [PART_BYTES]);
  assert.deepEqual(await readdir(stopped.folder), []);
});

test('a session that is gone, or whose bytes turn out to be others, is begun again', async (context) => {
  const site = await siteOf(context, []);
  const key = `${site.origin}/v2/${R} ${BLOB.digest}`;
  await site.sessions.keep(key, '/upload/9');
  site.replay([{ expect: 'GET /upload/9', status: 404 }, OPEN, part(0), part(1), part(2), commitOf(3)]);
  await site.upload(sourceOf(BYTES));
  await site.sessions.keep(key, '/upload/1');
  site.replay([
    { expect: 'GET /upload/1', status: 204, answer: { range: `0-${PART_BYTES - 1}`, location: '/upload/1' } },
    part(1),
    part(2),
    { ...commitOf(3), status: 400 },
    { expect: 'DELETE /upload/3', status: 204 },
    ABSENT,
    OPEN,
    part(0),
    part(1),
    part(2),
    commitOf(3),
  ]);
  await site.upload(sourceOf(BYTES));
});

test('wrong bytes are never sent to their end, and their session is given back', async (context) => {
  const wrong = Buffer.from(BYTES);
  wrong[10] = 255;
  const site = await siteOf(context, [
    OPEN,
    { ...part(0), body: wrong.subarray(0, PART_BYTES) },
    { ...part(1), maybe: true },
    { expect: 'DELETE /upload/1', status: 204, maybe: true },
    { expect: 'DELETE /upload/2', status: 204, maybe: true },
  ]);
  const pieces: BlobSource = async () => inPieces(wrong);
  await assert.rejects(site.upload(pieces), (error) => isSkerryError(error, 'DIGEST_MISMATCH'));
  assert.deepEqual(await readdir(site.folder), []);
});

function part(number: number): Step {
  const start = number * PART_BYTES;
  const bytes = BYTES.subarray(start, start + PART_BYTES);
  return {
    expect: `PATCH /upload/${number}`,
    headers: { 'content-range': `${start}-${start + bytes.byteLength - 1}` },
    body: bytes,
    status: 202,
    answer: { location: `/upload/${number + 1}` },
  };
}

function commitOf(number: number): Step {
  return {
    expect: `PUT /upload/${number}?digest=${encodeURIComponent(BLOB.digest)}`,
    body: '',
    status: 201,
  };
}

async function siteOf(context: TestContext, steps: readonly Step[]) {
  const folder = join(await testFolder('sessions'), 'uploads');
  const sessions = new FileUploadSessions(folder);
  const script = await play(context, steps);
  const upload = async (source: BlobSource, signal?: AbortSignal) => {
    const store = openRemote(script.origin, { retry: QUICK, sessions });
    try {
      await store.writeBlob(R, BLOB, source, { signal });
    } finally {
      await store.close();
    }
  };
  const kept = async () => {
    const key = `${script.origin}/v2/${R} ${BLOB.digest}`;
    while ((await sessions.find(key)) !== '/upload/1') await sleep(5);
  };
  return { kept, origin: script.origin, replay: script.replay, folder, sessions, upload };
}

function sourceOf(bytes: Buffer): BlobSource {
  return async (offset) => one(bytes.subarray(offset));
}

async function* one(bytes: Buffer) {
  yield bytes;
}

async function* inPieces(bytes: Buffer) {
  for (let start = 0; start < bytes.byteLength; start += 1_000_000)
    yield bytes.subarray(start, start + 1_000_000);
}

async function* stopping(bytes: Buffer, sent: () => Promise<void>, stop: AbortController) {
  yield bytes;
  await sent();
  stop.abort(new Error('stopped'));
  stop.signal.throwIfAborted();
}
