import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Algorithm, type Digest, digestOf } from '../../content/digest.ts';
import { fuzzRuns } from '../../content/testing/runs.ts';
import { type Answer, BACKENDS, startRegistry, type TestRegistry } from '../testing/registry.ts';

/** A request that is never answered fails the test instead of keeping it. */
const HANGS = { timeout: 600_000 };
const RUNS = fuzzRuns(1 / 5);
const NAME = 'team/app';

/** What the registry should think of an upload. */
interface Expected {
  readonly location: string;
  bytes: Buffer;
  open: boolean;
}

type Step =
  | { readonly do: 'begin'; readonly algorithm: Algorithm | undefined }
  | {
      readonly do: 'chunk' | 'stream';
      readonly which: number;
      readonly bytes: Uint8Array;
      readonly skip: number;
    }
  | { readonly do: 'state'; readonly which: number }
  | { readonly do: 'cancel'; readonly which: number }
  | {
      readonly do: 'close';
      readonly which: number;
      readonly bytes: Uint8Array;
      readonly skip: number;
      readonly algorithm: Algorithm;
      readonly right: boolean;
    }
  | { readonly do: 'restart' };

const algorithm = fc.constantFrom<Algorithm>('sha256', 'sha512');
const which = fc.nat(3);
const bytes = fc.uint8Array({ maxLength: 2000 });
// Mostly where the upload ends, sometimes before or behind.
const skip = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -500, max: 500 }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      algorithm: fc.option(algorithm, { nil: undefined }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('chunk' as const, 'stream' as const), which, bytes, skip }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('state' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('close' as const),
      which,
      bytes,
      skip,
      algorithm,
      right: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

// Uploads run side by side, in any order of requests, and the registry is held against a list of what it should know.
for (const backend of BACKENDS) {
  test(`uploads to a ${backend} store do what they should in any order of requests`, HANGS, async (t) => {
    const registry = await startRegistry(t, { backend });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const uploads: Expected[] = [];
        const blobs = new Map<Digest, Buffer>();
        for (const each of steps) await take(registry, each, uploads, blobs);
        for (const [digest, held] of blobs) {
          const got = await registry.send('GET', `/v2/${NAME}/blobs/${digest}`);
          assert.equal(got.status, 200);
          assert.ok(got.body.equals(held));
        }
        const open = uploads.filter((upload) => upload.open);
        assert.equal((await readdir(registry.uploads)).length, open.length);
        for (const { location } of open) await registry.send('DELETE', location);
      }),
      { numRuns: RUNS },
    );
  });
}

async function take(
  registry: TestRegistry,
  step: Step,
  uploads: Expected[],
  blobs: Map<Digest, Buffer>,
): Promise<void> {
  if (step.do === 'restart') return await registry.restart();
  if (step.do === 'begin') {
    const query = step.algorithm === undefined ? '' : `?digest-algorithm=${step.algorithm}`;
    const post = await registry.send('POST', `/v2/${NAME}/blobs/uploads/${query}`, { body: '' });
    assert.equal(post.status, 202);
    uploads.push({ location: post.headers.location ?? '', bytes: Buffer.alloc(0), open: true });
    return;
  }
  const upload = uploads[step.which % Math.max(1, uploads.length)];
  if (upload === undefined) return;
  if (step.do === 'state') return expectState(await registry.send('GET', upload.location), upload, 204);
  if (step.do === 'close') return await close(registry, step, upload, blobs);
  if (step.do === 'cancel') {
    const answer = await registry.send('DELETE', upload.location);
    assert.equal(answer.status, upload.open ? 204 : 404);
    upload.open = false;
  } else await add(registry, step, upload);
}

async function add(
  registry: TestRegistry,
  step: Extract<Step, { do: 'chunk' | 'stream' }>,
  upload: Expected,
): Promise<void> {
  const chunk = step.do === 'chunk' && step.bytes.byteLength > 0;
  const start = chunk ? Math.max(0, upload.bytes.byteLength + step.skip) : upload.bytes.byteLength;
  const answer = await registry.send('PATCH', upload.location, {
    ...(chunk
      ? { body: step.bytes, headers: { 'content-range': rangeOf(start, step.bytes) } }
      : { body: [Buffer.from(step.bytes)] }),
  });
  const fits = start === upload.bytes.byteLength;
  if (upload.open && fits) upload.bytes = Buffer.concat([upload.bytes, step.bytes]);
  expectState(answer, upload, fits ? 202 : 416);
}

async function close(
  registry: TestRegistry,
  step: Extract<Step, { do: 'close' }>,
  upload: Expected,
  blobs: Map<Digest, Buffer>,
): Promise<void> {
  const start = Math.max(0, upload.bytes.byteLength + step.skip);
  const whole = Buffer.concat([upload.bytes, step.bytes]);
  const digest = digestOf(step.right ? whole : Buffer.concat([whole, Buffer.from('!')]), step.algorithm);
  const ranged = step.bytes.byteLength > 0;
  const answer = await registry.send('PUT', `${upload.location}?digest=${digest}`, {
    body: step.bytes,
    headers: ranged ? { 'content-range': rangeOf(start, step.bytes) } : {},
  });
  if (upload.open && ranged && start !== upload.bytes.byteLength) return expectState(answer, upload, 416);
  assert.equal(answer.status, upload.open ? (step.right ? 201 : 400) : 404, answer.body.toString());
  if (upload.open && step.right) blobs.set(digest, whole);
  upload.open = false;
}

function rangeOf(start: number, { byteLength }: Uint8Array): string {
  return `${start}-${start + byteLength - 1}`;
}

function expectState(
  { status, headers }: Answer,
  { open, bytes: held, location }: Expected,
  expected: number,
): void {
  assert.equal(status, open ? expected : 404);
  if (!open) return;
  assert.equal(headers.range, `0-${Math.max(0, held.byteLength - 1)}`);
  assert.equal(headers.location, location);
}
