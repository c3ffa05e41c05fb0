import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { oneChunk } from '../bytes/one-chunk.ts';
import { digestOf } from '../digest.ts';
import { contentError } from '../errors.ts';
import { manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import type { Store } from '../store.ts';
import { MemoryStore } from './memory.ts';
import { NearerStore } from './nearer.ts';

const BYTES = Buffer.from('all the bytes of a blob');
const BLOB = { mediaType: MediaType.config, digest: digestOf(BYTES), size: BYTES.byteLength };
const MANIFEST = manifestOf(MediaType.manifest, { schemaVersion: 2, config: BLOB, layers: [] });

async function filled(name: string): Promise<MemoryStore> {
  const store = new MemoryStore(name);
  await store.writeBlob('team/app', BLOB, async () => oneChunk(BYTES));
  await store.writeManifest('team/app', '1.0', MANIFEST);
  return store;
}

async function readAll(store: Store): Promise<void> {
  const manifest = await store.readManifest('team/app', MANIFEST.digest);
  assert.equal(manifest?.digest, MANIFEST.digest);
  assert.equal((await store.resolveManifest('team/app', MANIFEST.digest))?.digest, MANIFEST.digest);
  const reader = await store.readBlob('team/app', BLOB.digest, { offset: 4, length: 9 });
  assert.ok(reader !== undefined);
  assert.equal((await buffer(reader.stream)).toString(), 'the bytes');
}

const away = async () => {
  throw contentError('REGISTRY_UNREACHABLE', { subject: 'cache' });
};
const never = (_: string, __: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
  new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

test('what the cache has is read there, also when the store is away', async () => {
  const store = Object.assign(new MemoryStore(), { readManifest: away, readBlob: away, statBlob: away });
  await readAll(new NearerStore(await filled('near'), store, 1000));
});

test('a cache that is away, is empty, or says nothing is passed by', async () => {
  const store = await filled('store');
  const silent = Object.assign(new MemoryStore(), {
    ...{ readManifest: never, readBlob: never, statBlob: never, resolveManifest: never },
  });
  const broken = Object.assign(new MemoryStore(), {
    ...{ readManifest: away, readBlob: away, statBlob: away, resolveManifest: away },
  });
  for (const near of [silent, broken, new MemoryStore()]) await readAll(new NearerStore(near, store, 10));
});

test('a cache that breaks off leaves the rest to the store', async () => {
  const near = Object.assign(await filled('near'), {
    readBlob: async () => ({
      size: BYTES.byteLength,
      stream: (async function* () {
        yield BYTES.subarray(0, 5);
        await away();
      })(),
    }),
  });
  const reader = await new NearerStore(near, await filled('store'), 1000).readBlob('team/app', BLOB.digest);
  assert.ok(reader !== undefined);
  assert.ok((await buffer(reader.stream)).equals(BYTES));
});

test('what a tag means the store says, and who gives up gives up', async () => {
  const near = await filled('near');
  const store = new NearerStore(near, new MemoryStore(), 1000);
  assert.equal(await store.readManifest('team/app', '1.0'), undefined);
  assert.equal(await store.resolveManifest('team/app', '1.0'), undefined);
  assert.deepEqual([await store.listTags('team/app'), await store.listRepositories()], [[], []]);
  const stopped = { signal: AbortSignal.abort() };
  await assert.rejects(store.readManifest('team/app', MANIFEST.digest, stopped), { name: 'AbortError' });
});
