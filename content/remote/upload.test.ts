import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { MediaType } from '../media-type.ts';
import type { BlobSource } from '../store.ts';
import { play, QUICK, type Script, type Step } from '../testing/script.ts';
import { openRemote } from './store.ts';

const R = 'team/app';
const BYTES = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 31) >> 3));
const LARGE = blob(BYTES);
const SMALL = blob(Buffer.from('small'));
const OPEN: Step = {
  expect: `POST /v2/${R}/blobs/uploads/`,
  status: 202,
  answer: { location: '/upload/1?state=a%2Bb' },
};
const SENT: Step = {
  expect: 'PATCH /upload/1?state=a%2Bb',
  headers: { 'content-length': String(LARGE.size), 'content-range': undefined },
  body: BYTES,
  status: 202,
  answer: { location: '/upload/1?state=c' },
};
const KEPT: Step = { expect: `PUT ${commitPath('state=c', LARGE)}`, body: '', status: 201 };
const ABSENT: Step = { expect: `HEAD /v2/${R}/blobs/${LARGE.digest}`, status: 404 };
const HELD: Step = { ...ABSENT, status: 200 };

test('a small blob goes in one request, a large one in a stream', async (context) => {
  const upload = await uploader(context, [
    OPEN,
    { expect: `PUT ${commitPath('state=a%2Bb', SMALL)}`, body: 'small', status: 201 },
    OPEN,
    SENT,
    KEPT,
  ]);
  await upload(SMALL, sourceOf(Buffer.from('small')));
  await upload(LARGE, sourceOf(BYTES));
});

test('a stream that broke goes on from where the registry got', async (context) => {
  const offsets: number[] = [];
  const upload = await uploader(context, [
    OPEN,
    { ...SENT, fault: { dropAfterTaking: 1_000_000 } },
    ABSENT,
    {
      expect: 'GET /upload/1?state=a%2Bb',
      status: 204,
      answer: { range: '0-499999', location: '/upload/2' },
    },
    {
      expect: 'PATCH /upload/2',
      headers: {
        'content-range': `500000-${LARGE.size - 1}`,
        'content-length': String(LARGE.size - 500_000),
      },
      body: BYTES.subarray(500_000),
      status: 202,
      answer: { location: '/upload/1?state=c' },
    },
    KEPT,
  ]);
  await upload(LARGE, async (offset) => {
    offsets.push(offset);
    return await sourceOf(BYTES)(offset);
  });
  assert.deepEqual(offsets, [0, 500_000]);
});

test('a connection that is reset while bytes are written is the network’s fault, not the source’s', async (context) => {
  const bytes = Buffer.alloc(64_000_000, 'x');
  const large = blob(bytes);
  const dropped: Step = { ...SENT, headers: {}, body: '', fault: { dropAfterTaking: 1_000_000 } };
  const absent = { expect: `HEAD /v2/${R}/blobs/${large.digest}`, status: 404 };
  const begin: Step = { expect: 'GET /upload/1?state=a%2Bb', status: 204, answer: { range: '0-0' } };
  const upload = await uploader(
    context,
    [
      OPEN,
      ...Array.from({ length: 5 }, () => [dropped, absent, begin]).flat(),
      { ...SENT, headers: {}, body: bytes },
      { expect: `PUT ${commitPath('state=c', large)}`, status: 201 },
    ],
    { ...QUICK, tries: 10 },
  );
  await upload(large, sourceOf(bytes));
});

test('a session that is gone is begun anew', async (context) => {
  const upload = await uploader(context, [
    OPEN,
    { ...SENT, status: 404 },
    ABSENT,
    { expect: 'GET /upload/1?state=a%2Bb', status: 404 },
    OPEN,
    { ...SENT, status: 416 },
    ABSENT,
    { expect: 'GET /upload/1?state=a%2Bb', status: 204, answer: { range: '0-0' } },
    SENT,
    KEPT,
  ]);
  await upload(LARGE, sourceOf(BYTES));
});

test('a registry that claims more than was sent is not believed', async (context) => {
  const upload = await uploader(context, [
    OPEN,
    { ...SENT, fault: { dropAfterTaking: 0 } },
    ABSENT,
    { expect: 'GET /upload/1?state=a%2Bb', status: 204, answer: { range: `0-${LARGE.size}` } },
    OPEN,
    SENT,
    KEPT,
  ]);
  await upload(LARGE, sourceOf(BYTES));
});

test('a blob that was kept although the answer was lost is not sent again', async (context) => {
  const upload = await uploader(context, [OPEN, SENT, { ...KEPT, fault: { dropAfterTaking: 0 } }, HELD]);
  await upload(LARGE, sourceOf(BYTES));
  const small = { expect: `PUT ${commitPath('state=a%2Bb', SMALL)}` };
  const other = await uploader(context, [
    OPEN,
    { ...small, fault: { dropAfterTaking: 5 } },
    { expect: `HEAD /v2/${R}/blobs/${SMALL.digest}`, status: 200 },
    OPEN,
    { ...small, status: 404 },
    { expect: `HEAD /v2/${R}/blobs/${SMALL.digest}`, status: 404 },
    OPEN,
    { ...small, status: 201 },
  ]);
  await other(SMALL, sourceOf(Buffer.from('small')));
  await other(SMALL, sourceOf(Buffer.from('small')));
});

test('a token that ended meanwhile is fetched anew instead of failing', async (context) => {
  const challenge = ({ origin }: Script) => ({ 'www-authenticate': `Bearer realm="${origin}/token"` });
  const scope = 'scope=repository%3Ateam%2Fapp%3Apull%2Cpush';
  const token = (value: string): Step => ({
    expect: `GET /token?${scope}`,
    send: JSON.stringify({ token: value, expires_in: 0 }),
  });
  const upload = await uploader(context, (script) => {
    const denied = { status: 401, answer: challenge(script) };
    return [
      { ...OPEN, ...denied },
      token('one'),
      { ...OPEN, headers: { authorization: 'Bearer one' } },
      { ...SENT, ...denied, headers: { authorization: undefined }, fault: 'answer early' },
      { ...ABSENT, ...denied },
      { ...token('two'), send: JSON.stringify({ token: 'two', expires_in: 600 }) },
      { ...ABSENT, headers: { authorization: 'Bearer two' } },
      { expect: 'GET /upload/1?state=a%2Bb', status: 204, answer: { range: '0-0' } },
      { ...SENT, headers: { authorization: 'Bearer two' } },
      { ...KEPT, headers: { authorization: 'Bearer two' } },
    ];
  });
  await upload(LARGE, sourceOf(BYTES));
});

test('a registry without space says so, before and after the bytes', async (context) => {
  const early = await uploader(context, [{ ...OPEN, status: 507 }]);
  await assert.rejects(early(LARGE, sourceOf(BYTES)), code('DISK_FULL'));
  const late = await uploader(context, [
    OPEN,
    { ...SENT, status: 507 },
    { expect: 'DELETE /upload/1?state=a%2Bb', status: 204 },
  ]);
  await assert.rejects(late(LARGE, sourceOf(BYTES)), code('DISK_FULL'));
});

test('a source that is wrong, short, too long or broken is reported as such, and its session is given back', async (context) => {
  const wrong = Buffer.from(BYTES);
  wrong[2_999_999] = 1;
  const broken = Object.assign(new Error('cannot read the stick'), { code: 'EIO' });
  const failing = async function* () {
    yield BYTES.subarray(0, 1_000_000);
    throw broken;
  };
  const sources: [BlobSource, (error: unknown) => boolean][] = [
    [sourceOf(wrong), code('DIGEST_MISMATCH')],
    [sourceOf(BYTES.subarray(0, 2_000_000)), code('SIZE_MISMATCH')],
    [sourceOf(Buffer.concat([BYTES, BYTES])), code('SIZE_MISMATCH')],
    [async () => failing(), (error) => error === broken],
    [() => Promise.reject(broken), (error) => error === broken],
  ];
  for (const [source, expected] of sources) {
    // A source that fails at once may end the request before it has begun.
    const reached: Step = { expect: SENT.expect, fault: { dropAfterTaking: BYTES.byteLength }, maybe: true };
    const given: Step = { expect: 'DELETE /upload/1?state=a%2Bb', status: 204 };
    const upload = await uploader(context, [OPEN, reached, given, reached]);
    await assert.rejects(upload(LARGE, source), expected);
  }
  const nothing = await uploader(context, []);
  await assert.rejects(nothing(SMALL, sourceOf(Buffer.from('SMALL'))), code('DIGEST_MISMATCH'));
});

test('an upload that never gets ahead is given up, and one that is refused at once', async (context) => {
  const dropped: Step = { ...SENT, fault: { dropAfterTaking: 0 } };
  const ask: Step = { expect: 'GET /upload/1?state=a%2Bb', status: 204 };
  const stuck = await uploader(context, [OPEN, dropped, ABSENT, ask, dropped, ABSENT, ask, dropped]);
  const slow = async function* () {
    yield BYTES.subarray(0, 1000);
    await new Promise((resolve) => setTimeout(resolve, 3_600_000).unref());
  };
  await assert.rejects(
    stuck(LARGE, async () => slow()),
    code('REGISTRY_UNREACHABLE'),
  );
  const refused = await uploader(context, [{ ...OPEN, status: 403 }]);
  await assert.rejects(refused(LARGE, sourceOf(BYTES)), code('REGISTRY_DENIED'));
});

test('an upload can be cancelled in the middle', async (context) => {
  const controller = new AbortController();
  const { origin } = await play(context, [OPEN, { ...SENT, fault: 'silence' }]);
  const store = openRemote(origin, { retry: QUICK });
  const endless: BlobSource = async () =>
    (async function* () {
      yield BYTES.subarray(0, 1_000_000);
      setImmediate(() => controller.abort(new Error('stop')));
      await new Promise(() => {});
    })();
  await assert.rejects(store.writeBlob(R, LARGE, endless, { signal: controller.signal }), /stop/);
});

async function uploader(
  context: TestContext,
  steps: readonly Step[] | ((script: Script) => readonly Step[]),
  retry = QUICK,
) {
  const { origin } = await play(context, steps);
  const store = openRemote(origin, { retry });
  return async (descriptor: typeof LARGE, source: BlobSource) => await store.writeBlob(R, descriptor, source);
}

function blob(bytes: Buffer) {
  return { mediaType: MediaType.layer, digest: digestOf(bytes), size: bytes.byteLength };
}

function commitPath(query: string, { digest }: typeof LARGE): string {
  return `/upload/1?${query}&digest=${encodeURIComponent(digest)}`;
}

function sourceOf(bytes: Buffer): BlobSource {
  return async (offset) => pieces(bytes.subarray(offset));
}

async function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.byteLength; at += 300_000) yield bytes.subarray(at, at + 300_000);
}
function code(expected: string) {
  return (error: unknown) => isSkerryError(error, expected);
}
