import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { play, QUICK, type Step } from '../testing/script.ts';
import { openRemote } from './store.ts';

const R = 'team/app';
const BYTES = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 31) >> 3));
const DIGEST = digestOf(BYTES);
const EXPECT = `GET /v2/${R}/blobs/${DIGEST}`;
const HEAD: Step = {
  expect: `HEAD /v2/${R}/blobs/${DIGEST}`,
  answer: { 'content-length': String(BYTES.byteLength) },
};

test('a blob is read whole, in part, from its end and not at all', async (context) => {
  const read = await reader(context, [
    whole(),
    part(5, 9),
    part(10),
    { expect: EXPECT, headers: { range: `bytes=${BYTES.byteLength}-` }, ...unsatisfiable() },
    HEAD,
    { expect: EXPECT, status: 404 },
  ]);
  assert.deepEqual(await read(), BYTES);
  assert.deepEqual(await read({ offset: 5, length: 5 }), BYTES.subarray(5, 10));
  assert.deepEqual(await read({ offset: 10 }), BYTES.subarray(10));
  assert.deepEqual(await read({ offset: BYTES.byteLength }), Buffer.alloc(0));
  assert.deepEqual(await read({ offset: 3, length: 0 }), Buffer.alloc(0));
  assert.equal(await read(), undefined);
});

test('a body that breaks off goes on from where it broke', async (context) => {
  const read = await reader(context, [
    { ...whole(), fault: { dropAfterSending: 1_000_000 } },
    { expect: EXPECT, headers: { range: `bytes=1000000-${BYTES.byteLength - 1}` }, status: 503 },
    { ...part(1_000_000, BYTES.byteLength - 1), fault: { dropAfterSending: 100 } },
    part(1_000_100, BYTES.byteLength - 1),
  ]);
  assert.deepEqual(await read(), BYTES);
});

test('a transfer that gets ahead may break more often than a request may fail', async (context) => {
  const step = 1_100_000;
  const read = await reader(context, [
    { ...whole(), fault: { dropAfterSending: step } },
    { ...part(step, BYTES.byteLength - 1), fault: { dropAfterSending: 10 } },
    { ...part(step + 10, BYTES.byteLength - 1), fault: { dropAfterSending: step } },
    { ...part(2 * step + 10, BYTES.byteLength - 1), fault: { dropAfterSending: 0 } },
    part(2 * step + 10, BYTES.byteLength - 1),
  ]);
  assert.deepEqual(await read(), BYTES);
});

test('a transfer that never gets ahead is given up', async (context) => {
  const stuck: Step = { ...part(1000, BYTES.byteLength - 1), fault: { dropAfterSending: 0 } };
  const read = await reader(context, [{ ...whole(), fault: { dropAfterSending: 1000 } }, stuck, stuck]);
  await assert.rejects(read(), code('REGISTRY_UNREACHABLE'));
});

test('a registry that ignores Range is read from its beginning', async (context) => {
  const read = await reader(context, [
    { ...whole(), headers: { range: 'bytes=5-9' } },
    { ...whole(), fault: { dropAfterSending: 1_000_000 } },
    whole(),
  ]);
  assert.deepEqual(await read({ offset: 5, length: 5 }), BYTES.subarray(5, 10));
  assert.deepEqual(await read(), BYTES);
});

test('a size that does not come with the bytes is asked for', async (context) => {
  const unsized = { 'content-length': undefined };
  const read = await reader(context, [
    { ...whole(), answer: unsized },
    HEAD,
    { ...part(10), answer: { 'content-range': `bytes 10-${BYTES.byteLength - 1}/*` } },
    HEAD,
    { ...whole(), answer: unsized },
    { ...HEAD, answer: {} },
    { ...whole(), answer: unsized, headers: { range: 'bytes=0-0' } },
  ]);
  assert.deepEqual(await read(), BYTES);
  assert.deepEqual(await read({ offset: 10 }), BYTES.subarray(10));
  await assert.rejects(read(), code('REGISTRY_ERROR'));
});

test('bytes that come without any size are taken by the size of the descriptor, and asked for again when cut off', async (context) => {
  const unsized = { 'content-length': undefined };
  const size = BYTES.byteLength;
  const read = await reader(context, [
    { ...whole(), answer: unsized },
    { ...whole(), answer: unsized, send: BYTES.subarray(0, 2_000_000) },
    part(2_000_000, size - 1),
    { ...whole(), answer: unsized, send: BYTES.subarray(0, size - 1) },
    {
      expect: EXPECT,
      status: 416,
      headers: { range: `bytes=${size - 1}-${size - 1}` },
      answer: { 'content-range': `bytes */${size - 1}` },
    },
  ]);
  assert.deepEqual(await read({ size }), BYTES);
  assert.deepEqual(await read({ size }), BYTES);
  await assert.rejects(read({ size }), code('SIZE_MISMATCH'));
});

test('another part than the one asked for, and a blob that changed meanwhile, are refused', async (context) => {
  const read = await reader(context, [
    { ...part(5, 9), headers: { range: 'bytes=6-9' } },
    { ...whole(), fault: { dropAfterSending: 1000 } },
    {
      ...part(1000),
      answer: { 'content-range': `bytes 1000-${BYTES.byteLength}/${BYTES.byteLength + 1}` },
      headers: {},
    },
    { ...whole(), fault: { dropAfterSending: 1000 } },
    { expect: EXPECT, status: 404 },
  ]);
  await assert.rejects(read({ offset: 6, length: 4 }), code('REGISTRY_ERROR'));
  await assert.rejects(read(), code('CONTENT_NOT_FOUND'));
  await assert.rejects(read(), code('CONTENT_NOT_FOUND'));
});

test('reading can be cancelled in the middle', async (context) => {
  const { origin } = await play(context, [{ ...whole(), fault: { dropAfterSending: 100_000 } }]);
  const store = openRemote(origin, { retry: { ...QUICK, firstPauseMs: 3_600_000, maxPauseMs: 3_600_000 } });
  const controller = new AbortController();
  const blob = await store.readBlob(R, DIGEST, { signal: controller.signal });
  assert.ok(blob);
  setTimeout(() => controller.abort(new Error('stop')), 50);
  await assert.rejects(collect(blob.stream));
});

test('a reader that stops early leaves no connection behind', async (context) => {
  const { origin } = await play(context, [whole()]);
  const store = openRemote(origin, { retry: QUICK });
  const blob = await store.readBlob(R, DIGEST);
  assert.ok(blob);
  for await (const _ of blob.stream) break;
  await store.close();
});

function whole(): Step {
  return { expect: EXPECT, send: BYTES };
}

function part(first: number, last?: number): Step {
  const end = last ?? BYTES.byteLength - 1;
  return {
    expect: EXPECT,
    headers: { range: `bytes=${first}-${last ?? ''}` },
    status: 206,
    answer: { 'content-range': `bytes ${first}-${end}/${BYTES.byteLength}` },
    send: BYTES.subarray(first, end + 1),
  };
}

function unsatisfiable(): Pick<Step, 'status' | 'answer'> {
  return { status: 416, answer: { 'content-range': `bytes */${BYTES.byteLength}` } };
}

async function reader(context: TestContext, steps: readonly Step[]) {
  const { origin } = await play(context, steps);
  const store = openRemote(origin, { retry: QUICK });
  return async (options: { offset?: number; length?: number; size?: number } = {}) => {
    const blob = await store.readBlob(R, DIGEST, options);
    if (blob === undefined) return undefined;
    assert.equal(blob.size, BYTES.byteLength);
    return await collect(blob.stream);
  };
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function code(expected: string) {
  return (error: unknown) => isSkerryError(error, expected);
}
