import assert from 'node:assert/strict';
import { type FileHandle, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { digestOf } from '../content/digest.ts';
import { formatIndex } from '../content/layout/layout-index.ts';
import { descriptorOf, manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { openBundle } from './file/bundle-store.ts';
import { type Arrangement, arrange, blobName } from './file/table.ts';
import { BLOCK_BYTES, formatHeader } from './file/tar-header.ts';

const GIB = 1024 ** 3;
const CONFIG = { mediaType: MediaType.config, digest: digestOf('{}'), size: 2 };
const IMAGE = manifestOf(MediaType.manifest, { schemaVersion: 2, config: CONFIG, layers: [] });
const INDEX = formatIndex([
  { ...descriptorOf(IMAGE), annotations: { 'org.opencontainers.image.ref.name': 'team/app:v1' } },
]);

test('opening a bundle of 20 GiB and reading its first manifest reads the front and no more', async (context) => {
  const { path, arrangement } = await makeSparseBundle(context, { blobs: 2000, bytes: 20 * GIB });
  assert.ok(arrangement.size > 20 * GIB);
  const read = await countReads(context);
  const bundle = await openBundle(path);
  const front = arrangement.front.reduce((sum, { text }) => sum + BLOCK_BYTES + Buffer.byteLength(text), 0);
  assert.equal(read.bytes, front);
  assert.equal((await bundle.readManifest('team/app', 'v1'))?.digest, IMAGE.digest);
  assert.equal(read.bytes, front + BLOCK_BYTES + IMAGE.bytes.byteLength);
  await bundle.close();
});

test('the header before a blob is looked at once, however often the blob is asked for', async (context) => {
  const { path, arrangement } = await makeSparseBundle(context, { blobs: 3, bytes: GIB });
  const bundle = await openBundle(path);
  const blob = arrangement.places.at(-1);
  assert.ok(blob);
  const read = await countReads(context);
  for (let round = 0; round < 3; round++) {
    const span = await bundle.locateBlob('team/app', blob.digest);
    assert.deepEqual(span, { path, offset: blob.start, size: blob.size });
  }
  assert.equal(read.bytes, BLOCK_BYTES);
  await bundle.close();
});

test('a blob that the end of the file cuts off is refused before a byte of it is given', async (context) => {
  const { path, arrangement } = await makeSparseBundle(context, { blobs: 3, bytes: GIB, cut: 4096 });
  const bundle = await openBundle(path);
  const blob = arrangement.places.at(-1);
  assert.ok(blob);
  await assert.rejects(bundle.locateBlob('team/app', blob.digest), { code: 'BUNDLE_TRUNCATED' });
  await assert.rejects(bundle.readBlob('team/app', blob.digest), { code: 'BUNDLE_TRUNCATED' });
  await bundle.close();
});

test('a bundle whose name another file has taken is served from the file that was opened', async (context) => {
  const { path, arrangement } = await makeSparseBundle(context, { blobs: 3, bytes: GIB });
  const bundle = await openBundle(path);
  const blob = arrangement.places.at(-1);
  assert.ok(blob);
  await writeFile(`${path}.new`, 'another bundle');
  await rename(`${path}.new`, path);
  assert.equal(await bundle.locateBlob('team/app', blob.digest), undefined);
  const reader = await bundle.readBlob('team/app', blob.digest, { length: 1000 });
  assert.deepEqual(Buffer.concat(await Array.fromAsync(reader?.stream ?? [])), Buffer.alloc(1000));
  await rm(path);
  assert.equal(await bundle.locateBlob('team/app', blob.digest), undefined);
  await bundle.close();
});

/** A bundle whose blobs are holes: as a file it has its size, on the disk next to nothing. */
async function makeSparseBundle(
  context: TestContext,
  { blobs, bytes, cut = 0 }: { blobs: number; bytes: number; cut?: number },
): Promise<{ path: string; arrangement: Arrangement }> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-sparse-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'sparse.bundle.tar');
  const holes = Array.from({ length: blobs }, (_, number) => ({
    digest: digestOf(`hole ${number}`),
    size: Math.ceil(bytes / blobs),
  }));
  const arrangement = arrange(INDEX, [{ digest: IMAGE.digest, size: IMAGE.bytes.byteLength }, ...holes]);
  const file = await open(path, 'w');
  try {
    for (const { name, text, header, start } of arrangement.front) {
      await file.write(formatHeader(name, Buffer.byteLength(text)), 0, BLOCK_BYTES, header);
      await file.write(Buffer.from(text), 0, Buffer.byteLength(text), start);
    }
    for (const { digest, size, header } of arrangement.places)
      await file.write(formatHeader(blobName(digest), size), 0, BLOCK_BYTES, header);
    await file.write(IMAGE.bytes, 0, IMAGE.bytes.byteLength, arrangement.places[0]?.start);
    await file.truncate(arrangement.size - cut);
  } finally {
    await file.close();
  }
  return { path, arrangement };
}

/** Counts what is read from files from now on. */
async function countReads(context: TestContext): Promise<{ bytes: number }> {
  const count = { bytes: 0 };
  const probe = await open(import.meta.filename);
  const prototype: FileHandle = Object.getPrototypeOf(probe);
  await probe.close();
  const read = prototype.read;
  const counting = mock.method(
    prototype,
    'read',
    async function (this: FileHandle, ...args: Parameters<typeof read>) {
      const result = await Reflect.apply(read, this, args);
      count.bytes += result.bytesRead;
      return result;
    },
  );
  context.after(() => counting.mock.restore());
  return count;
}
