import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { copyContent } from '../content/copy/copy.ts';
import { type CopyPlan, planCopy } from '../content/copy/copy-plan.ts';
import { digestOf } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { openLayout } from '../content/layout/layout.ts';
import { descriptorOf, manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import { testFolder } from '../content/testing/folder.ts';
import { openBundle } from './file/bundle-store.ts';
import { verifyBundle } from './file/verify.ts';
import { indexOfPlan, writeBundle } from './file/write.ts';

const A = 'registry.example/a';
const B = 'registry.example/b';
const ITEMS = [A, B].map((repository) => ({ repository, reference: 'v1' }));
let source: MemoryStore;
let plan: CopyPlan;

before(async () => {
  source = new MemoryStore('source');
  await putImage(A, 'v1', ['shared', 'a'.repeat(3_000_000)]);
  await putImage(B, 'v1', ['shared', 'b'.repeat(700)]);
  plan = await planCopy(source, ITEMS);
});

test('two bundles of the same content in different folders are the same bytes', async () => {
  const [one, two] = [await makeBundle(), await makeBundle()];
  assert.equal(sha256(await readFile(one)), sha256(await readFile(two)));
});

test('everything is read back from a bundle in place, and it verifies', async () => {
  const bundle = await openBundle(await makeBundle());
  await verifyBundle(bundle);
  const target = new MemoryStore('target');
  const result = await copyContent(bundle, target, ITEMS);
  assert.equal(result.bytesSkipped, 0);
  assert.equal((await target.readManifest(A, 'v1'))?.digest, (await source.readManifest(A, 'v1'))?.digest);
  assert.deepEqual(await bundle.listRepositories(), [A, B]);
  assert.deepEqual(await bundle.listTags(B), ['v1']);
  await bundle.close();
});

test('tar unpacks a bundle to a valid layout with the same content', async () => {
  const folder = await temporaryFolder();
  execFileSync('tar', ['-xf', await makeBundle(), '-C', folder]);
  const result = await copyContent(await openLayout(folder), new MemoryStore('target'), ITEMS);
  assert.equal(result.manifests, 2);
});

test('a layout that tar packed, without a table, is read as a bundle too', async () => {
  const folder = await temporaryFolder();
  await copyContent(source, await openLayout(join(folder, 'layout'), { create: true }), ITEMS);
  execFileSync('tar', ['-cf', join(folder, 'foreign.tar'), '-C', join(folder, 'layout'), '.']);
  const bundle = await openBundle(join(folder, 'foreign.tar'));
  const result = await copyContent(bundle, new MemoryStore('target'), ITEMS);
  assert.equal(result.manifests, 2);
  await assert.rejects(verifyBundle(bundle), (error) => isSkerryError(error, 'BUNDLE_CORRUPT'));
  await bundle.close();
});

test('a bundle that was cut off says so, wherever it was cut', async () => {
  for (const kept of [10, 600, 5000, 1_000_000, 3_000_000]) {
    const path = await makeBundle();
    await truncate(path, kept);
    assert.equal(await verdict(path), 'BUNDLE_TRUNCATED', `cut at ${kept}`);
  }
  assert.equal(await verdict(join(await temporaryFolder(), 'none.tar')), 'BUNDLE_NOT_FOUND');
});

test('a bundle whose writing broke off goes on from the blobs that are there', async () => {
  const path = join(await temporaryFolder(), 'x.bundle.tar');
  const index = indexOfPlan(plan);
  const breaking = Object.assign(Object.create(source), {
    readBlob: async (repository: string, digest: `sha256:${string}`) => {
      if (digest === digestOf('a'.repeat(3_000_000))) throw new Error('the network went away');
      return await source.readBlob(repository, digest);
    },
  }) as MemoryStore;
  await assert.rejects(writeBundle(path, index, plan, breaking, { width: 1 }), /went away/);
  assert.equal(await verdict(path), 'BUNDLE_NOT_FOUND');
  const result = await writeBundle(path, index, plan, source);
  assert.equal(
    result.bytesCopied,
    3_000_000 + otherBytes(),
    'nothing was done when the largest blob failed first',
  );
  assert.equal(await verdict(path), 'good');
  assert.equal(sha256(await readFile(path)), sha256(await readFile(await makeBundle())));
});

test('comparing what an interrupted run left tells how far it is, and can be stopped', async () => {
  const path = await makeBundle();
  const seen: number[] = [];
  const again = (signal?: AbortSignal) =>
    writeBundle(path, indexOfPlan(plan), plan, source, {
      signal,
      onChecked: ({ bytesDone, bytesTotal }) => seen.push(bytesDone / bytesTotal),
    });
  await again();
  assert.ok(seen.length > 1 && seen.every((part, at) => part >= (seen[at - 1] ?? 0)));
  assert.equal(seen.at(-1), 1);
  await assert.rejects(again(AbortSignal.abort(new Error('stop'))), /stop/);
  const { bytesCopied } = await again();
  assert.equal(bytesCopied, 0, 'stopping loses nothing of what is there');
});

test('a finished bundle is left as it is, and mended where it was damaged', async () => {
  const path = await makeBundle();
  const whole = await readFile(path);
  const again = async () => (await writeBundle(path, indexOfPlan(plan), plan, source)).bytesCopied;
  assert.equal(await again(), 0);
  const file = await open(path, 'r+');
  const large = whole.lastIndexOf('a'.repeat(1000)) + 1000;
  for (const [offset, what] of [
    [large, 'the padding of the largest blob'],
    [whole.byteLength - 1, 'the end'],
  ] as const) {
    await file.write('x', offset);
    assert.notEqual(await verdict(path), 'good', what);
    await again();
    assert.deepEqual(await readFile(path), whole, what);
  }
  await file.close();
});

test('a compressed tar is reported as such', async () => {
  const path = `${await makeBundle()}.gz`;
  await writeFile(path, gzipSync(await readFile(await makeBundle()), { level: 0 }));
  await assert.rejects(
    openBundle(path),
    (error) => isSkerryError(error, 'BUNDLE_CORRUPT') && /gzip/.test(error.remedy),
  );
});

test('a folder that can hold nothing is refused', async () => {
  const file = await makeBundle();
  await assert.rejects(writeBundle(join(file, 'x.bundle.tar'), indexOfPlan(plan), plan, source), (error) =>
    isSkerryError(error, 'OUTPUT_UNUSABLE'),
  );
});

test('nothing is begun without room for what comes beside the bundle', async () => {
  const folder = await temporaryFolder();
  const besides = 1e15;
  await assert.rejects(
    writeBundle(join(folder, 'x.bundle.tar'), indexOfPlan(plan), plan, source, { besides }),
    (error) => isSkerryError(error, 'DISK_FULL'),
  );
  assert.deepEqual(await readdir(folder), []);
});

function otherBytes(): number {
  return plan.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0) - 3_000_000;
}

async function verdict(path: string): Promise<string> {
  try {
    const bundle = await openBundle(path);
    try {
      await verifyBundle(bundle);
      return 'good';
    } finally {
      await bundle.close();
    }
  } catch (error) {
    return isSkerryError(error) ? error.code : String(error);
  }
}

async function makeBundle(): Promise<string> {
  const path = join(await temporaryFolder(), 'x.bundle.tar');
  await writeBundle(path, indexOfPlan(plan), plan, source);
  return path;
}

async function putImage(repository: string, tag: string, layers: string[]) {
  const put = (mediaType: string, text: string) =>
    source.putBlob({ mediaType, digest: digestOf(text), size: Buffer.byteLength(text) }, Buffer.from(text));
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: put(MediaType.config, JSON.stringify({ repository })),
    layers: layers.map((layer) => put(MediaType.layer, layer)),
  });
  await source.writeManifest(repository, tag, manifest);
  return descriptorOf(manifest);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function temporaryFolder(): Promise<string> {
  return await testFolder('bundle');
}
