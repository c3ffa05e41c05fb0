import assert from 'node:assert/strict';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf } from './digest.ts';
import { isSkerryError } from './error.ts';
import { openLayout } from './layout.ts';
import { manifestOf } from './manifest.ts';
import { MediaType } from './media-type.ts';
import type { BlobSource } from './store.ts';
import { testFolder } from './test-folder.ts';

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
