import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { before, describe, test } from 'node:test';
import { HashThreads } from '../content/bytes/hash/hash-threads.ts';
import { type CopyPlan, planCopy } from '../content/copy/copy-plan.ts';
import { type Digest, digestOf } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import type { ReadOptions } from '../content/store.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import { testFolder } from '../content/testing/folder.ts';
import { openBundle } from './file/bundle-store.ts';
import { verifyBundle } from './file/verify.ts';
import { indexOfPlan, writeBundle } from './file/write.ts';

const R = 'registry.example/a';
const LARGE = Buffer.alloc(3_000_000, 'large');
let plan: CopyPlan;

/** A store whose largest blob comes by a function that the test gives. */
class OddStore extends MemoryStore {
  read: ((bytes: Buffer) => Iterable<Uint8Array>) | undefined;

  override async readBlob(repository: string, digest: Digest, options: ReadOptions = {}) {
    if (digest !== digestOf(LARGE) || this.read === undefined)
      return await super.readBlob(repository, digest, options);
    return { size: LARGE.byteLength, stream: Readable.from(this.read(LARGE)) };
  }
}

before(async () => {
  plan = await planCopy(await sourceOf(), [{ repository: R, reference: 'v1' }]);
});

async function sourceOf(read?: OddStore['read']): Promise<OddStore> {
  const store = new OddStore('source');
  store.read = read;
  const put = (mediaType: string, bytes: Buffer) =>
    store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: put(MediaType.config, Buffer.from('{}')),
    layers: [LARGE, Buffer.from('small'), Buffer.alloc(2_000_000, 'other')].map((bytes) =>
      put(MediaType.layer, bytes),
    ),
  });
  await store.writeManifest(R, 'v1', manifest);
  return store;
}

for (const most of [1, 3]) {
  describe(`a bundle that ${most} hashing threads see`, () => {
    test('says the digest that its file has, and verifies', async () => {
      await using threads = new HashThreads({ most });
      const path = await bundlePath();
      const [file] = (await write(path, undefined, threads)).files;
      const bytes = await readFile(path);
      assert.deepEqual(file, { path, digest: digestOf(bytes), size: bytes.byteLength });
      const bundle = await openBundle(path);
      await verifyBundle(bundle);
      await bundle.close();
    });

    test('has the same digest when it was there already, and when its writing had broken off', async () => {
      await using threads = new HashThreads({ most });
      const path = await bundlePath();
      const breaking = function* (bytes: Buffer) {
        yield bytes.subarray(0, 2_500_000);
        throw new Error('the network went away');
      };
      await assert.rejects(write(path, breaking, threads), /went away/);
      for (const round of ['went on', 'was there']) {
        const [file] = (await write(path, undefined, threads)).files;
        assert.equal(file?.digest, digestOf(await readFile(path)), round);
      }
    });

    test('takes no blob whose bytes are others, fewer or more', async () => {
      await using threads = new HashThreads({ most });
      for (const [wrong, code] of [
        [Buffer.alloc(LARGE.byteLength, 'wrong'), 'DIGEST_MISMATCH'],
        [LARGE.subarray(1), 'SIZE_MISMATCH'],
        [Buffer.concat([LARGE, Buffer.from('x')]), 'SIZE_MISMATCH'],
      ] as const) {
        const path = await bundlePath();
        await assert.rejects(
          write(path, () => [wrong], threads),
          (error) => isSkerryError(error, code),
        );
        await assert.rejects(readFile(path), /ENOENT/);
      }
    });
  });
}

test('a file that hashing threads lose is an error with a code, and no bundle', async () => {
  await using threads = new HashThreads({ most: 1 });
  const path = await bundlePath();
  const closing = function* (bytes: Buffer) {
    void threads.close();
    yield bytes;
  };
  await assert.rejects(write(path, closing, threads), (error) => isSkerryError(error, 'HASHING_FAILED'));
  await assert.rejects(readFile(path), /ENOENT/);
});

async function write(path: string, read: OddStore['read'] | undefined, threads: HashThreads) {
  return await writeBundle(path, indexOfPlan(plan), plan, await sourceOf(read), { threads });
}

async function bundlePath(): Promise<string> {
  return join(await testFolder('threads'), 'x.bundle.tar');
}
