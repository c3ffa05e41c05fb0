import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyItems } from '../copy/copy-items.ts';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import type { BlobSource } from '../store.ts';
import { MemoryStore } from '../stores/memory.ts';
import { testFolder } from '../testing/folder.ts';
import { openLayout } from './layout.ts';

const REPOSITORY = 'registry.example/app';

test('a blob comes back as it was written, whole and from an offset', async () => {
  const store = await openLayout(await temporaryFolder(), { create: true });
  const bytes = Buffer.from('some layer bytes');
  const descriptor = blobDescriptor(bytes);
  await store.writeBlob(REPOSITORY, descriptor, sourceOf(bytes));
  assert.equal(await store.statBlob(REPOSITORY, descriptor.digest), bytes.byteLength);
  assert.equal((await readAll(store, descriptor.digest)).toString(), 'some layer bytes');
  assert.equal((await readAll(store, descriptor.digest, { offset: 5, length: 5 })).toString(), 'layer');
});

test('bytes that do not hash to the digest are refused and nothing is kept', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  const descriptor = blobDescriptor(Buffer.from('expected'));
  await assert.rejects(
    store.writeBlob(REPOSITORY, descriptor, sourceOf(Buffer.from('tampered'))),
    code('DIGEST_MISMATCH'),
  );
  await assert.rejects(
    store.writeBlob(REPOSITORY, descriptor, sourceOf(Buffer.from('expected and more'))),
    code('SIZE_MISMATCH'),
  );
  assert.equal(await store.statBlob(REPOSITORY, descriptor.digest), undefined);
  assert.deepEqual(await readdir(join(folder, '.partial')), []);
});

test('a transfer that broke goes on from the bytes that had come', async () => {
  const store = await openLayout(await temporaryFolder(), { create: true });
  const bytes = Buffer.alloc(3_000_000, 'x');
  const descriptor = blobDescriptor(bytes);
  const broken: BlobSource = async () => breaking(bytes.subarray(0, 2_000_000));
  await assert.rejects(store.writeBlob(REPOSITORY, descriptor, broken), /broken/);
  const offsets: number[] = [];
  await store.writeBlob(REPOSITORY, descriptor, async (offset) => {
    offsets.push(offset);
    return await sourceOf(bytes)(offset);
  });
  assert.deepEqual(offsets, [2_000_000]);
  assert.equal(digestOf(await readAll(store, descriptor.digest)), descriptor.digest);
});

test('tags survive reopening, and a moved tag leaves one entry', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  const [first, second] = [image('one'), image('two')];
  await store.writeManifest(REPOSITORY, 'v1', first);
  await store.writeManifest(REPOSITORY, 'v1', second);
  await store.writeManifest(REPOSITORY, 'v2', first);
  const again = await openLayout(folder);
  assert.deepEqual(await again.listTags(REPOSITORY), ['v1', 'v2']);
  assert.deepEqual(await again.listTags(REPOSITORY, { after: 'v1' }), ['v2']);
  assert.deepEqual(await again.listRepositories(), [REPOSITORY]);
  assert.equal((await again.readManifest(REPOSITORY, 'v1'))?.digest, second.digest);
  assert.equal((await again.readManifest(REPOSITORY, first.digest))?.mediaType, MediaType.manifest);
  assert.equal(await again.readManifest(REPOSITORY, 'v3'), undefined);
});

test('a manifest that refers to a subject is listed among its referrers', async () => {
  const store = await openLayout(await temporaryFolder(), { create: true });
  const subject = image('subject');
  const { digest, mediaType, bytes } = subject;
  const referrer = image('sbom', {
    artifactType: 'application/sbom',
    subject: { mediaType, digest, size: bytes.byteLength },
  });
  await store.writeManifest(REPOSITORY, 'v1', subject);
  await store.writeManifest(REPOSITORY, referrer.digest, referrer);
  const found = await store.listReferrers(REPOSITORY, digest);
  assert.deepEqual(
    found.map((entry) => [entry.digest, entry.artifactType]),
    [[referrer.digest, 'application/sbom']],
  );
});

test('tags written at the same time are all there', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  const tags = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(2, '0')}`);
  await Promise.all(tags.map((tag) => store.writeManifest(REPOSITORY, tag, image(tag))));
  assert.deepEqual(await (await openLayout(folder)).listTags(REPOSITORY), tags);
  assert.deepEqual(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8')), {
    imageLayoutVersion: '1.0.0',
  });
});

test('one manifest under many tags, written at the same time, is written once and whole', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  const same = image('same');
  await Promise.all(['a', 'b', 'c', 'd'].map((tag) => store.writeManifest(REPOSITORY, tag, same)));
  assert.deepEqual(await readdir(join(folder, 'blobs/sha256')), [same.digest.slice('sha256:'.length)]);
  assert.equal((await (await openLayout(folder)).listTags(REPOSITORY)).length, 4);
});

test('who shares the transfer of another does not share its failure', async () => {
  const store = await openLayout(await temporaryFolder(), { create: true });
  const bytes = Buffer.from('shared');
  const descriptor = blobDescriptor(bytes);
  const first = store.writeBlob(REPOSITORY, descriptor, async () => breaking(bytes.subarray(0, 3)));
  const second = store.writeBlob(REPOSITORY, descriptor, sourceOf(bytes));
  await assert.rejects(first, /broken/);
  await second;
  assert.equal(await store.statBlob(REPOSITORY, descriptor.digest), bytes.byteLength);
});

test('a blob that lost its end is neither mounted nor kept in place of a whole one', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  const bytes = Buffer.from('whole');
  const descriptor = blobDescriptor(bytes);
  await writeFile(join(folder, 'blobs/sha256', descriptor.digest.slice(7)), 'who');
  assert.equal(await store.mountBlob(REPOSITORY, descriptor), false);
  await writeFile(join(folder, 'arrived'), bytes);
  await store.adoptBlob(REPOSITORY, descriptor.digest, join(folder, 'arrived'));
  assert.equal((await readAll(store, descriptor.digest)).toString(), 'whole');
  assert.equal(await store.mountBlob(REPOSITORY, descriptor), true);
});

test('an index larger than any layout needs is not read', async () => {
  const folder = await temporaryFolder();
  await openLayout(folder, { create: true });
  await truncate(join(folder, 'index.json'), 200 * 1024 * 1024);
  await assert.rejects(openLayout(folder), code('LAYOUT_INVALID'));
});

test('a folder that is no layout, and a layout with a broken index, say so', async () => {
  const folder = await temporaryFolder();
  await assert.rejects(openLayout(folder), code('STORE_NOT_FOUND'));
  await openLayout(folder, { create: true });
  await writeFile(
    join(folder, 'index.json'),
    '{"schemaVersion":2,"manifests":[{"digest":"../../etc/passwd"}]}',
  );
  await assert.rejects(openLayout(folder), code('LAYOUT_INVALID'));
});

test('a batch writes the index at its end, and can be read from the store at once', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  const end = store.beginBatch();
  const manifest = image('one');
  for (let i = 0; i < 20; i++) await store.writeManifest(REPOSITORY, `v${i}`, manifest);
  assert.deepEqual((await store.listTags(REPOSITORY)).length, 20);
  assert.equal((await store.resolveManifest(REPOSITORY, 'v7'))?.digest, manifest.digest);
  assert.deepEqual(await (await openLayout(folder)).listTags(REPOSITORY), []);
  await end();
  assert.equal((await (await openLayout(folder)).listTags(REPOSITORY)).length, 20);
});

test('what a copy had brought when it was stopped is named, however it was stopped', async () => {
  const from = new MemoryStore();
  for (let i = 0; i < 10; i++) await from.writeManifest(REPOSITORY, `v${i}`, withConfig(from, `image ${i}`));
  const items = Array.from({ length: 10 }, (_, i) => ({ repository: REPOSITORY, reference: `v${i}` }));
  const folder = await temporaryFolder();
  const stop = new AbortController();
  const results = copyItems(from, await openLayout(folder, { create: true }), items, {
    width: 1,
    signal: stop.signal,
  });
  const done: string[] = [];
  await assert.rejects(async () => {
    for await (const { item } of results)
      if (done.push(item.reference) === 4) stop.abort(new Error('enough'));
  }, /enough/);
  const named = await (await openLayout(folder)).listTags(REPOSITORY);
  for (const tag of done) assert.ok(named.includes(tag), tag);
  for await (const { outcome } of copyItems(from, await openLayout(folder), items))
    assert.ok(['done', 'skipped'].includes(outcome));
  assert.equal((await (await openLayout(folder)).listTags(REPOSITORY)).length, 10);
});

test('tags and manifests are deleted by name; what has another name stays', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  const [one, two] = [image('one'), image('two')];
  for (const tag of ['v1', 'v2', 'v3']) await store.writeManifest(REPOSITORY, tag, tag === 'v3' ? two : one);
  await store.writeManifest('other/app', 'v1', one);
  assert.deepEqual(
    [await store.deleteTag(REPOSITORY, 'v3'), await store.deleteTag(REPOSITORY, 'v3')],
    [true, false],
  );
  assert.equal(await store.deleteManifest(REPOSITORY, one.digest), true);
  assert.equal(await store.deleteManifest(REPOSITORY, one.digest), false);
  const again = await openLayout(folder);
  assert.deepEqual(await again.listRepositories(), ['other/app']);
  assert.equal((await again.resolveManifest('other/app', 'v1'))?.digest, one.digest);
});

test('space is freed of what has lost its last name, and of nothing else', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  const blob = async (text: string) => {
    const bytes = Buffer.from(text);
    await store.writeBlob(REPOSITORY, blobDescriptor(bytes), sourceOf(bytes));
    return blobDescriptor(bytes);
  };
  const shared = await blob('shared');
  const imageWith = (config: ReturnType<typeof blobDescriptor>) =>
    manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      config,
      layers: [shared],
    });
  const nobodys = await blob('put here by somebody');
  const [old, kept] = [await blob('old'), await blob('kept')];
  await store.writeManifest(REPOSITORY, 'v1', imageWith(old));
  await store.writeManifest(REPOSITORY, 'v2', imageWith(kept));
  await store.writeManifest(REPOSITORY, 'v1', imageWith(kept));
  assert.equal((await store.freeSpace()).blobs, 2, 'the manifest and its own blob');
  assert.equal(await store.statBlob(REPOSITORY, old.digest), undefined);
  await store.deleteTag(REPOSITORY, 'v1');
  assert.equal((await store.freeSpace()).blobs, 0);
  for (const { digest, size } of [shared, kept, nobodys])
    assert.equal(await store.statBlob(REPOSITORY, digest), size);
  assert.deepEqual([...(await store.wouldFree([])).keys()], []);
  const foreseen = await store.wouldFree([
    { repository: REPOSITORY, tag: 'v2' },
    { repository: REPOSITORY, tag: 'absent' },
  ]);
  await store.deleteTag(REPOSITORY, 'v2');
  const bytes = [...foreseen.values()].reduce((sum, size) => sum + size, 0);
  assert.deepEqual(await store.freeSpace(), { blobs: 3, bytes });
  assert.equal(await store.statBlob(REPOSITORY, nobodys.digest), nobodys.size);
});

test('an index that can’t be written changes nothing, and the next write goes well', async () => {
  const folder = await temporaryFolder();
  const store = await openLayout(folder, { create: true });
  await store.writeManifest(REPOSITORY, 'v1', image('one'));
  const two = image('two');
  // A folder in its place: rename(2) does not replace it.
  await rename(join(folder, 'index.json'), join(folder, 'kept'));
  await mkdir(join(folder, 'index.json', 'x'), { recursive: true });
  await assert.rejects(store.writeManifest(REPOSITORY, 'v2', two));
  assert.deepEqual(await store.listTags(REPOSITORY), ['v1']);
  await rm(join(folder, 'index.json'), { recursive: true });
  await store.writeManifest(REPOSITORY, 'v3', two);
  assert.deepEqual(await (await openLayout(folder)).listTags(REPOSITORY), ['v1', 'v3']);
});

function withConfig(store: MemoryStore, label: string) {
  const config = Buffer.from(JSON.stringify({ label }));
  return manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: store.putBlob({ ...blobDescriptor(config), mediaType: MediaType.config }, config),
    layers: [],
  });
}

function code(expected: string) {
  return (error: unknown) => isSkerryError(error, expected);
}

function blobDescriptor(bytes: Buffer) {
  return { mediaType: MediaType.layer, digest: digestOf(bytes), size: bytes.byteLength };
}

function image(label: string, extra: object = {}) {
  const config = blobDescriptor(Buffer.from('{}'));
  return manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config,
    layers: [],
    annotations: { label },
    ...extra,
  });
}

function sourceOf(bytes: Buffer): BlobSource {
  return async (offset) => one(bytes.subarray(offset));
}

async function* one(bytes: Buffer) {
  yield bytes;
}

async function* breaking(bytes: Buffer) {
  yield bytes;
  throw new Error('connection broken');
}

async function readAll(
  store: Awaited<ReturnType<typeof openLayout>>,
  digest: ReturnType<typeof digestOf>,
  options = {},
) {
  const reader = await store.readBlob(REPOSITORY, digest, options);
  assert.ok(reader);
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function temporaryFolder() {
  return await testFolder('layout');
}
