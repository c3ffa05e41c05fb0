import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type Digest, digestOf } from '../../content/digest.ts';
import { imageOf } from '../testing/content.ts';
import { stateOfFile } from './check-file.ts';
import { openServedStore } from './open.ts';

const R = 'team/app';
const [GOOD, ROTTEN] = ['good bytes', 'evil bytes'];
const DIGEST = digestOf(GOOD);
const BLOB = { mediaType: 'application/octet-stream', digest: DIGEST, size: GOOD.length };
const MANIFEST = imageOf({ annotations: { is: 'pushed' } });

async function opened(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-scrubbed-'));
  const store = await openServedStore(folder);
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const fileOf = (digest: Digest) => store.files.pathOf(digest);
  const source = async () =>
    (async function* () {
      yield Buffer.from(GOOD);
    })();
  return {
    store,
    fileOf,
    /** Gives the push of a client, whose bytes have come. */
    uploaded: async () => {
      const path = join(folder, 'arrived');
      await writeFile(path, GOOD);
      return async () => await store.adoptBlob(R, DIGEST, path);
    },
    copied:
      async (repository = R) =>
      async () =>
        await store.writeBlob(repository, BLOB, source),
    /** As a scrub does that has found it rotten before. */
    scrub: async () =>
      await store.quarantine(DIGEST, 'rotten', async () => {
        const state = await stateOfFile(fileOf(DIGEST), BLOB);
        return state.is !== 'sound';
      }),
    /** Runs `push` up to its line of the log, then `meanwhile`, then the rest. */
    during: async (push: () => Promise<unknown>, meanwhile: () => Promise<unknown>) => {
      const settled = await store.log.exclusively(async () => {
        const result = Promise.allSettled([push()]);
        await meanwhile();
        return { result };
      });
      const [outcome] = await settled.result;
      return outcome;
    },
  };
}

describe('a push of what the store holds but has lost to the disk', () => {
  test('brings its bytes back, whether a scrub notices meanwhile or not', async (context) => {
    const site = await opened(context);
    for (const scrubs of [false, true]) {
      await (await site.uploaded())();
      await writeFile(site.fileOf(DIGEST), ROTTEN);
      const push = await site.uploaded();
      await Promise.all([push(), scrubs ? site.scrub() : undefined]);
      assert.equal(await readFile(site.fileOf(DIGEST), 'utf8'), GOOD);
      assert.equal(await site.store.statBlob(R, DIGEST), BLOB.size);
    }
  });

  test('brings a manifest back', async (context) => {
    const { store, fileOf } = await opened(context);
    const { digest, bytes } = MANIFEST;
    await store.writeManifest(R, digest, MANIFEST);
    await writeFile(fileOf(digest), Buffer.alloc(bytes.byteLength));
    await store.writeManifest(R, 'v1', MANIFEST);
    assert.deepEqual(await readFile(fileOf(digest)), bytes);
  });
});

describe('what a scrub takes out of service before the push is in the log', () => {
  const isGone = async (): Promise<boolean> => true;

  for (const way of ['uploaded', 'copied'] as const)
    test(`is missing and not acknowledged (${way})`, async (context) => {
      const site = await opened(context);
      await (await site.copied('team/other'))();
      const push = await site[way]();
      const outcome = await site.during(push, () => site.store.quarantine(DIGEST, 'rotten', isGone));
      assert.equal(outcome.status, 'rejected');
      assert.equal(await site.store.statBlob(R, DIGEST), undefined);
      await (await site.uploaded())();
      assert.equal(await site.store.statBlob(R, DIGEST), BLOB.size);
      assert.equal(await site.store.statBlob('team/other', DIGEST), BLOB.size);
    });

  test('is not mounted', async (context) => {
    const site = await opened(context);
    await (await site.copied('team/other'))();
    const mount = () => site.store.mountBlob(R, BLOB, 'team/other');
    const outcome = await site.during(mount, () => site.store.quarantine(DIGEST, 'rotten', isGone));
    assert.deepEqual(outcome, { status: 'fulfilled', value: false });
    assert.equal(await site.store.statBlob(R, DIGEST), undefined);
  });

  test('is no manifest of the repository, until that is pushed again', async (context) => {
    const site = await opened(context);
    const { digest, bytes } = MANIFEST;
    const push = () => site.store.writeManifest(R, 'v1', MANIFEST);
    await site.store.writeManifest('team/other', digest, MANIFEST);
    const outcome = await site.during(push, () => site.store.quarantine(digest, 'rotten', isGone));
    assert.equal(outcome.status, 'rejected');
    assert.equal(await site.store.readManifest(R, 'v1'), undefined);
    await push();
    assert.deepEqual((await site.store.readManifest(R, 'v1'))?.bytes, bytes);
  });

  test('is there when the bytes of the push have taken its place', async (context) => {
    const site = await opened(context);
    await (await site.uploaded())();
    await writeFile(site.fileOf(DIGEST), ROTTEN);
    const upload = await site.uploaded();
    // The scrub is first in line.
    let scrub: Promise<boolean> | undefined;
    const push = () => {
      scrub = site.scrub();
      return upload();
    };
    const outcome = await site.during(push, async () => await scrub);
    assert.equal(await scrub, true);
    assert.equal(outcome.status, 'fulfilled');
    assert.equal(await readFile(site.fileOf(DIGEST), 'utf8'), GOOD);
    assert.equal(await site.store.statBlob(R, DIGEST), BLOB.size);
  });
});
