import assert from 'node:assert/strict';
import { test } from 'node:test';
import { algorithmOf, digestOf, hexOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { descriptorOf, manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import type { Manifest } from '../store.ts';
import { MemoryStore } from '../stores/memory.ts';
import { type CopyProgress, copyContent } from './copy.ts';
import { planCopy } from './copy-plan.ts';

const A = 'registry.example/a';
const B = 'registry.example/b';

test('an index travels with its images, blobs, signatures and referrers', async () => {
  const from = new MemoryStore('source');
  const amd64 = await putImage(from, A, ['base', 'amd64']);
  const arm64 = await putImage(from, A, ['base', 'arm64']);
  const index = manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: [descriptorOf(amd64), descriptorOf(arm64)],
  });
  await from.writeManifest(A, 'v1', index);
  const sbom = await putImage(from, A, ['sbom'], {
    artifactType: 'application/sbom',
    subject: descriptorOf(arm64),
  });
  const signatureTag = `${algorithmOf(index.digest)}-${hexOf(index.digest)}.sig`;
  const signature = await putImage(from, A, ['signature']);
  await from.writeManifest(A, signatureTag, signature);

  const to = new MemoryStore('target');
  const result = await copyContent(from, to, [{ repository: A, reference: 'v1' }]);

  assert.equal(result.manifests, 5);
  for (const manifest of [amd64, arm64, index, sbom, signature]) {
    assert.deepEqual(await to.readManifest(A, manifest.digest), manifest);
  }
  assert.equal((await to.readManifest(A, signatureTag))?.digest, signature.digest);
  assert.deepEqual(
    (await to.listReferrers(A, arm64.digest)).map(({ digest }) => digest),
    [sbom.digest],
  );
  assert.equal(await to.statBlob(A, digestOf('base')), 4);
});

test('what the target has is skipped, and progress counts every byte once', async () => {
  const from = new MemoryStore();
  await from.writeManifest(A, 'v1', await putImage(from, A, ['shared layer', 'one']));
  await from.writeManifest(B, 'v1', await putImage(from, B, ['shared layer', 'two']));
  const items = [A, B].map((repository) => ({ repository, reference: 'v1' }));
  const to = new MemoryStore();
  const seen: CopyProgress[] = [];
  const first = await copyContent(from, to, items, { onProgress: (progress) => seen.push(progress) });
  const last = seen.at(-1);
  assert.equal(first.bytesSkipped, 0);
  assert.equal(last?.bytesDone, last?.bytesTotal);
  assert.equal(first.bytesCopied, last?.bytesTotal);
  assert.ok(seen.every((progress, i) => progress.bytesDone >= (seen[i - 1]?.bytesDone ?? 0)));
  const second = await copyContent(from, to, items);
  assert.deepEqual([second.bytesCopied, second.bytesSkipped, second.manifests], [0, 0, 0]);
});

test('the plan is the same whichever answer comes first', async () => {
  const from = new MemoryStore();
  await from.writeManifest(A, 'v1', await putImage(from, A, ['x', 'y']));
  await from.writeManifest(B, 'v1', await putImage(from, B, ['y', 'z']));
  const forth = await planCopy(from, [
    { repository: A, reference: 'v1' },
    { repository: B, reference: 'v1' },
  ]);
  const back = await planCopy(from, [
    { repository: B, reference: 'v1' },
    { repository: A, reference: 'v1' },
  ]);
  assert.deepEqual(forth, back);
  assert.deepEqual(forth.blobs.find(({ descriptor }) => descriptor.digest === digestOf('y'))?.repositories, [
    A,
    B,
  ]);
});

test('a missing image, and a layer that is not what it should be, stop the copy with nothing tagged', async () => {
  const from = new MemoryStore('source');
  await assert.rejects(planCopy(from, [{ repository: A, reference: 'v9' }]), (error) =>
    isSkerryError(error, 'CONTENT_NOT_FOUND'),
  );
  await from.writeManifest(A, 'v1', await putImage(from, A, ['layer']));
  from.readBlob = async () => ({ size: 5, stream: one('LAYER') });
  const to = new MemoryStore('target');
  await assert.rejects(
    copyContent(from, to, [{ repository: A, reference: 'v1' }]),
    (error) => isSkerryError(error, 'DIGEST_MISMATCH') || isSkerryError(error, 'SIZE_MISMATCH'),
  );
  assert.deepEqual(await to.listRepositories(), []);
});

async function putImage(
  store: MemoryStore,
  repository: string,
  layers: string[],
  extra: object = {},
): Promise<Manifest> {
  const descriptor = (mediaType: string, text: string) =>
    store.putBlob({ mediaType, digest: digestOf(text), size: Buffer.byteLength(text) }, Buffer.from(text));
  const config = descriptor(MediaType.config, JSON.stringify({ layers }));
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config,
    layers: layers.map((layer) => descriptor(MediaType.layer, layer)),
    ...extra,
  });
  await store.writeManifest(repository, manifest.digest, manifest);
  return manifest;
}

async function* one(text: string) {
  yield Buffer.from(text);
}
