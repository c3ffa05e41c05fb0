import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { contentError } from '../../../content/errors.ts';
import { MediaType } from '../../../content/media-type.ts';
import type { BlobReader, PageOptions, Store } from '../../../content/store.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { pushSamplePack } from '../testing/sample-packs.ts';
import { Catalog } from './catalog.ts';

const PREFIX = 'registry.example/packs';

/** A registry that can go away, give wrong bytes, and count what it is asked. */
class FaultyStore extends MemoryStore {
  away = false;
  corrupt = false;
  reads = 0;
  lists = 0;

  override async listRepositories(options?: PageOptions): Promise<string[]> {
    this.#check();
    this.lists++;
    return await super.listRepositories(options);
  }

  override async listTags(repository: string, options?: PageOptions): Promise<string[]> {
    this.#check();
    return await super.listTags(repository, options);
  }

  override async readManifest(...args: Parameters<Store['readManifest']>) {
    this.#check();
    return await super.readManifest(args[0], args[1]);
  }

  override async readBlob(...args: Parameters<Store['readBlob']>): Promise<BlobReader | undefined> {
    this.#check();
    this.reads++;
    const reader = await super.readBlob(args[0], args[1]);
    if (reader === undefined || !this.corrupt) return reader;
    return { size: reader.size, stream: flipped(reader.stream) };
  }

  #check(): void {
    if (this.away) throw contentError('REGISTRY_UNREACHABLE', { subject: 'registry.example' });
  }
}

async function* flipped(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk.map((byte, index) => (index === 5 ? byte ^ 1 : byte));
}

describe('the catalogue of packs', () => {
  let store: FaultyStore;
  let catalog: Catalog;
  let time: number;

  beforeEach(() => {
    time = 0;
    store = new FaultyStore();
    const { signal } = new AbortController();
    catalog = new Catalog({ store, prefix: PREFIX, now: () => time, signal });
  });

  test('holds what is under the prefix and bears a pack’s name, and nothing else', async () => {
    for (const name of ['podinfo', 'coredns'])
      await pushSamplePack(store, PREFIX, { name, version: '1.0.0' });
    for (const prefix of [`${PREFIX}-old`, `${PREFIX}.x`, `${PREFIX}/deep`, 'registry.example/zoo']) {
      await pushSamplePack(store, prefix, { name: 'other', version: '1.0.0' });
    }
    assert.deepEqual(await catalog.names(), ['coredns', 'podinfo']);
  });

  test('finds all packs among more repositories than one page holds', async () => {
    const names = Array.from({ length: 1_500 }, (_, index) => `p${String(index).padStart(4, '0')}`);
    store.listRepositories = async ({ limit = 1, after = '' } = {}) => {
      store.lists++;
      const all = ['a/first', ...names.map((name) => `${PREFIX}/${name}`), 'z/last'];
      return all.filter((name) => name > after).slice(0, limit);
    };
    assert.deepEqual(await catalog.names(), names);
    assert.equal(store.lists, 2);
  });

  test('does not go round for ever with a registry that gives the same page again and again', async () => {
    const same = Array.from({ length: 1_000 }, (_, index) => `${PREFIX}/p${index}`).sort();
    store.listRepositories = async () => {
      store.lists++;
      return same;
    };
    await catalog.names();
    assert.equal(store.lists, 2);
  });

  test('orders versions as semver does, the newest first, and shows a pre-release only for want of another', async () => {
    for (const version of ['1.9.0', '1.10.0', '2.0.0-rc.1', '1.10.0+build.2']) {
      await pushSamplePack(store, PREFIX, { name: 'podinfo', version });
    }
    assert.deepEqual(await catalog.versions('podinfo'), ['2.0.0-rc.1', '1.10.0+build.2', '1.10.0', '1.9.0']);
    assert.equal(await catalog.latest('podinfo'), '1.10.0+build.2');
    await pushSamplePack(store, PREFIX, { name: 'early', version: '0.1.0-alpha.1' });
    assert.equal(await catalog.latest('early'), '0.1.0-alpha.1');
    assert.equal((await catalog.pack('podinfo', '1.10.0+build.2')).config.version, '1.10.0+build.2');
  });

  test('reads a pack once, and again when its tag names another', async () => {
    await pushSamplePack(store, PREFIX, { name: 'podinfo', version: '1.0.0' });
    await catalog.pack('podinfo', '1.0.0');
    time = 20_000;
    await catalog.pack('podinfo', '1.0.0');
    assert.equal(store.reads, 1);
    const moved = { name: 'podinfo', version: '1.0.0', config: { description: 'moved' } };
    const { digest } = await pushSamplePack(store, PREFIX, moved);
    time = 40_000;
    const pack = await catalog.pack('podinfo', '1.0.0');
    assert.equal(pack.digest, digest);
    assert.equal(pack.config.description, 'moved');
  });

  test('lasts through an outage of ten minutes, and then says that the registry is away', async () => {
    await pushSamplePack(store, PREFIX, { name: 'podinfo', version: '1.0.0' });
    await catalog.names();
    await catalog.versions('podinfo');
    await catalog.pack('podinfo', '1.0.0');
    store.away = true;
    time = 600_000;
    assert.deepEqual(await catalog.names(), ['podinfo']);
    assert.deepEqual(await catalog.versions('podinfo'), ['1.0.0']);
    assert.equal((await catalog.pack('podinfo', '1.0.0')).config.name, 'podinfo');
    time = 620_000;
    await assert.rejects(catalog.names(), (error) => isSkerryError(error, 'REGISTRY_UNREACHABLE'));
    store.away = false;
    time = 630_000;
    assert.deepEqual(await catalog.names(), ['podinfo']);
  });

  test('does not go on showing a pack whose tag was given to a broken one', async () => {
    await pushSamplePack(store, PREFIX, { name: 'podinfo', version: '1.0.0' });
    await catalog.pack('podinfo', '1.0.0');
    await pushSamplePack(store, PREFIX, { name: 'podinfo', version: '1.0.0', config: { layer: 'roof' } });
    time = 10_000;
    await assert.rejects(catalog.pack('podinfo', '1.0.0'), (error) =>
      isSkerryError(error, 'PACK_UNREADABLE'),
    );
  });

  test('does not know what the registry does not hold', async () => {
    await pushSamplePack(store, PREFIX, { name: 'podinfo', version: '1.0.0' });
    const isUnknown = (error: unknown) => isSkerryError(error, 'PACK_NOT_FOUND');
    await assert.rejects(catalog.versions('nothing'), isUnknown);
    await assert.rejects(catalog.pack('podinfo', '2.0.0'), isUnknown);
  });

  test('refuses a config that is not the one that the manifest names', async () => {
    await pushSamplePack(store, PREFIX, { name: 'podinfo', version: '1.0.0' });
    store.corrupt = true;
    await assert.rejects(catalog.pack('podinfo', '1.0.0'), (error) =>
      isSkerryError(error, 'DIGEST_MISMATCH'),
    );
    store.corrupt = false;
    time = 10_000;
    assert.equal((await catalog.pack('podinfo', '1.0.0')).config.name, 'podinfo');
  });

  const config = { mediaType: MediaType.config, digest: `sha256:${'a'.repeat(64)}`, size: 2 };
  for (const [what, wrong] of Object.entries({
    'another artifact': { manifest: { artifactType: 'application/x-other' } },
    'an image config': { manifest: { config } },
    'no chart': { manifest: { layers: [] } },
    'a layer that is no chart': { manifest: { layers: [{ ...config, mediaType: MediaType.layerGzip }] } },
    'a config without a layer': { config: { layer: undefined } },
    'an unknown layer': { config: { layer: 'roof' } },
    'a digest that is none': { config: { images: [{ reference: 'a/b', digest: 'sha256:1' }] } },
    'another name': { config: { name: 'other' } },
    'another version': { config: { version: '2.0.0' } },
    'a huge config': { config: { description: 'x'.repeat(1024 * 1024) } },
  })) {
    test(`refuses a pack with ${what}`, async () => {
      await pushSamplePack(store, PREFIX, { name: 'podinfo', version: '1.0.0', ...wrong });
      await assert.rejects(catalog.pack('podinfo', '1.0.0'), (error) => {
        return isSkerryError(error, 'PACK_UNREADABLE') && error.subject === 'podinfo 1.0.0';
      });
    });
  }
});
