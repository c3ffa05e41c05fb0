import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { Manifest } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { openBundle } from './bundle-store.ts';
import { copyToBundle } from './copy-to-bundle.ts';

const R = 'team/app';

test('items become a bundle under the names that they are given; one that fails is left out alone', async () => {
  const { store, path } = await site();
  await store.writeManifest(R, 'v1', putImage(store, [Buffer.from('one')]));
  const items = [
    { repository: R, reference: 'v1', to: { repository: 'mirror/app', reference: 'stable' } },
    { repository: R, reference: 'absent', to: { repository: 'mirror/app', reference: 'absent' } },
  ];
  const results = await copyToBundle(path, store, items);
  assert.deepEqual(
    results.map(({ outcome, error }) => [outcome, error?.code]),
    [
      ['done', undefined],
      ['failed', 'CONTENT_NOT_FOUND'],
    ],
  );
  const bundle = await openBundle(path);
  assert.deepEqual(await bundle.listTags('mirror/app'), ['stable']);
  await bundle.close();
  assert.deepEqual(
    (await copyToBundle(path, store, items)).map(({ outcome }) => outcome),
    ['done', 'failed'],
    'the same again is no other content',
  );
});

test('an image whose layer is gone is left out alone', async () => {
  const { store, path } = await site();
  const lost = Buffer.from('lost');
  await store.writeManifest(R, 'v1', putImage(store, [Buffer.from('one')]));
  await store.writeManifest(R, 'v2', putImage(store, [Buffer.from('two'), lost]));
  const [read, stat] = [store.readBlob.bind(store), store.statBlob.bind(store)];
  store.readBlob = async (repository, digest, options) =>
    digest === digestOf(lost) ? undefined : await read(repository, digest, options);
  store.statBlob = async (repository, digest) =>
    digest === digestOf(lost) ? undefined : await stat(repository, digest);
  const items = ['v1', 'v2'].map((reference) => ({ repository: R, reference }));
  assert.deepEqual(
    (await copyToBundle(path, store, items)).map(({ error }) => error?.code),
    [undefined, 'CONTENT_NOT_FOUND'],
  );
  const bundle = await openBundle(path);
  assert.deepEqual(await bundle.listTags(R), ['v1']);
  await bundle.close();
});

test('a bundle of other content is left as it is, finished or begun', async () => {
  const { store, path } = await site();
  await store.writeManifest(R, 'v1', putImage(store, [Buffer.from('one')]));
  await store.writeManifest(R, 'v2', putImage(store, [Buffer.from('two')]));
  await copyToBundle(path, store, [{ repository: R, reference: 'v1' }]);
  const other = [{ repository: R, reference: 'v2' }];
  await assert.rejects(copyToBundle(path, store, other), code('OUTPUT_EXISTS'));
  const bundle = await openBundle(path);
  assert.deepEqual(await bundle.listTags(R), ['v1']);
  await bundle.close();
  await writeFile(`${path}2.partial`, Buffer.alloc(100_000, 'x'));
  await assert.rejects(copyToBundle(`${path}2`, store, other), code('OUTPUT_EXISTS'));
});

test('a blob that was interrupted goes on from what had come, and what is wrong in it comes again', async () => {
  const { store, path } = await site();
  const layer = Buffer.alloc(40_000_000, 'layer ');
  await store.writeManifest(R, 'v1', putImage(store, [layer]));
  const items = [{ repository: R, reference: 'v1' }];
  const read = store.readBlob.bind(store);
  const offsets: number[] = [];
  let limit = 30_000_000;
  store.readBlob = async (repository, digest, options = {}) => {
    const reader = await read(repository, digest, options);
    if (reader === undefined || digest !== digestOf(layer)) return reader;
    const { offset = 0 } = options;
    offsets.push(offset);
    return { size: reader.size, stream: breaking(layer.subarray(offset), limit - offset) };
  };
  await assert.rejects(copyToBundle(path, store, items), /broken/);
  limit = Number.POSITIVE_INFINITY;
  await copyToBundle(path, store, items);
  assert.equal(offsets[0], 0);
  const repeated = 30_000_000 - (offsets[1] ?? 0);
  assert.ok(repeated >= 0 && repeated < 16 * 1024 * 1024, `${repeated} bytes came again`);
  const bundle = await openBundle(path);
  const reader = await bundle.readBlob(R, digestOf(layer));
  assert.ok(reader);
  assert.equal(digestOf(Buffer.concat(await Array.fromAsync(reader.stream))), digestOf(layer));
  await bundle.close();
});

async function* breaking(bytes: Buffer, limit: number) {
  for (let start = 0; start < bytes.byteLength; start += 500_000) {
    if (start >= limit) throw new Error('broken');
    yield bytes.subarray(start, start + 500_000);
  }
}

async function site() {
  return { store: new MemoryStore('source'), path: join(await testFolder('to-bundle'), 'out.tar') };
}

function putImage(store: MemoryStore, layers: readonly Buffer[]): Manifest {
  const put = (mediaType: string, bytes: Buffer) =>
    store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  return manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: put(MediaType.config, Buffer.from('{}')),
    layers: layers.map((layer) => put(MediaType.layer, layer)),
  });
}

function code(expected: string) {
  return (error: unknown) => isSkerryError(error, expected);
}
