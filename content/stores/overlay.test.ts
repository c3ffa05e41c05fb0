import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../digest.ts';
import { contentError } from '../errors.ts';
import { openLayout } from '../layout/layout.ts';
import { descriptorOf, manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import { page } from '../page.ts';
import type { Manifest, Store } from '../store.ts';
import { MemoryStore } from './memory.ts';
import { findHiddenTags, OverlayStore } from './overlay.ts';

const CONFIG = { mediaType: MediaType.config, digest: digestOf('{}'), size: 2 };

test('a list is the union of all lists, in order, whatever the page', async () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'));
  const options = fc.record({
    limit: fc.option(fc.nat(8), { nil: undefined }),
    after: fc.option(fc.constantFrom('a', 'c', 'cc', 'z'), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(names, { maxLength: 4 }), options, async (lists, asked) => {
      const stores = await Promise.all(
        lists.map((tags) => storeOf(tags.map((tag) => ['app', tag, image(tag)]))),
      );
      const overlay = new OverlayStore(stores);
      assert.deepEqual(await overlay.listTags('app', asked), page(lists.flat(), asked));
      const repositories = lists.some((tags) => tags.length > 0) ? ['app'] : [];
      assert.deepEqual(await overlay.listRepositories(), repositories);
      assert.equal(await overlay.hasRepository('app'), repositories.length > 0);
    }),
  );
});

test('no store is asked for more than the page', async () => {
  const asked: unknown[] = [];
  const lower = await storeOf([['app', 'b', image('b')]]);
  const spy: Store = Object.assign(Object.create(lower), {
    listTags: async (_repository: string, options: unknown) => {
      asked.push(options);
      return ['c', 'd'];
    },
  });
  const names = await new OverlayStore([spy, lower]).listTags('app', { limit: 2, after: 'a' });
  assert.deepEqual(names, ['b', 'c']);
  assert.deepEqual(asked, [{ limit: 2, after: 'a' }]);
});

test('the store named first wins a tag; digests are found wherever they are', async () => {
  const [old, recent, other] = [image('old'), image('recent'), image('other')];
  const upper = await storeOf([['app', 'v1', recent]]);
  const lower = await storeOf([
    ['app', 'v1', old],
    ['app', 'v2', other],
  ]);
  const overlay = new OverlayStore([upper, lower]);
  assert.equal((await overlay.readManifest('app', 'v1'))?.digest, recent.digest);
  assert.equal((await overlay.readManifest('app', old.digest))?.digest, old.digest);
  assert.equal((await overlay.readManifest('app', 'v2'))?.digest, other.digest);
  assert.equal(await overlay.readManifest('app', 'v3'), undefined);
});

test('hidden tags are those that mean something else further down', async () => {
  const same = image('same');
  const upper = await storeOf([
    ['app', 'v1', image('new')],
    ['app', 'v2', same],
  ]);
  const middle = await storeOf([['app', 'v1', image('middle')]]);
  const lower = await storeOf([
    ['app', 'v1', image('old')],
    ['app', 'v2', same],
    ['app', 'v3', image('only here')],
  ]);
  assert.deepEqual(await Array.fromAsync(findHiddenTags([upper, middle, lower])), [
    { repository: 'app', tag: 'v1', by: upper.name, hides: middle.name },
    { repository: 'app', tag: 'v1', by: upper.name, hides: lower.name },
  ]);
});

test('hidden tags are found on every page of a long list', async () => {
  const tags = Array.from({ length: 2500 }, (_, number) => `v${String(number).padStart(4, '0')}`);
  const [upper, lower] = [new MemoryStore('upper'), new MemoryStore('lower')];
  const [one, two] = [image('one'), image('two')];
  for (const tag of tags) {
    await upper.writeManifest('app', tag, tag.endsWith('00') ? one : two);
    await lower.writeManifest('app', tag, two);
  }
  const found = await Array.fromAsync(findHiddenTags([upper, lower]), ({ tag }) => tag);
  assert.deepEqual(
    found,
    tags.filter((tag) => tag.endsWith('00')),
  );
});

test('referrers of all stores are reported once each, as the uppermost store tells them', async () => {
  const subject = image('subject');
  const [first, second] = [image('first', subject), image('second', subject)];
  const upper = await storeOf([['app', 'a', first]]);
  const lower = await storeOf([
    ['app', 'a', first],
    ['app', 'b', second],
  ]);
  const found = await new OverlayStore([upper, lower]).listReferrers('app', subject.digest);
  assert.deepEqual(found.map(({ digest }) => digest).sort(), [first.digest, second.digest].sort());
});

test('blobs come from whichever store holds them, in place where it can say where', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-overlay-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const layout = await openLayout(folder, { create: true });
  const memory = new MemoryStore();
  const bytes = Buffer.from('on the disk');
  const descriptor = { mediaType: 'text/plain', digest: digestOf(bytes), size: bytes.byteLength };
  await layout.writeBlob('app', descriptor, async () => Readable.from([bytes]));
  memory.putBlob(CONFIG, Buffer.from('{}'));
  const overlay = new OverlayStore([memory, layout]);
  assert.equal(await overlay.statBlob('app', descriptor.digest), bytes.byteLength);
  assert.equal(await overlay.statBlob('app', digestOf('nowhere')), undefined);
  const span = await overlay.locateBlob('app', descriptor.digest);
  assert.deepEqual({ offset: span?.offset, size: span?.size }, { offset: 0, size: bytes.byteLength });
  assert.equal(await overlay.locateBlob('app', CONFIG.digest), undefined);
  const reader = await overlay.readBlob('app', descriptor.digest, { offset: 3 });
  assert.deepEqual(await buffer(reader?.stream ?? Readable.from([])), bytes.subarray(3));
});

test('a store that fails is passed over for what a digest names, and never for a tag', async () => {
  const wanted = image('wanted');
  const good = await storeOf([['app', 'v1', wanted]]);
  const broken = brokenStore();
  const overlay = new OverlayStore([broken, good]);
  assert.equal((await overlay.readManifest('app', wanted.digest))?.digest, wanted.digest);
  await assert.rejects(overlay.readManifest('app', 'v1'), { code: 'LAYOUT_INVALID' });
  await assert.rejects(overlay.readManifest('app', digestOf('nowhere')), { code: 'LAYOUT_INVALID' });
});

function brokenStore(): Store {
  const fails = async () => {
    throw contentError('LAYOUT_INVALID', { subject: 'a stick that was pulled out' });
  };
  return Object.assign(Object.create(new MemoryStore('broken')), { readManifest: fails });
}

async function storeOf(content: readonly (readonly [string, string, Manifest])[]): Promise<MemoryStore> {
  const store = new MemoryStore(`store of ${content.length}`);
  for (const [repository, tag, manifest] of content) await store.writeManifest(repository, tag, manifest);
  return store;
}

function image(name: string, subject?: Manifest): Manifest {
  return manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: CONFIG,
    layers: [],
    annotations: { name },
    ...(subject === undefined ? {} : { subject: descriptorOf(subject) }),
  });
}
