import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyContent } from './copy.ts';
import { planCopy } from './copy-plan.ts';
import type { Descriptor } from './descriptor.ts';
import { type Digest, digestOf } from './digest.ts';
import { isSkerryError } from './error.ts';
import { descriptorOf, manifestOf } from './manifest.ts';
import { MediaType } from './media-type.ts';
import { MemoryStore } from './memory.ts';
import type { Manifest } from './store.ts';

const R = 'registry.example/app';
const V1 = [{ repository: R, reference: 'v1' }];

test('signature tags that lead back to where the walk came from do not hold it up', async () => {
  const store = new MemoryStore();
  const [one, two] = [await putImage(store, 'one'), await putImage(store, 'two')];
  await store.writeManifest(R, 'v1', one);
  await store.writeManifest(R, 'v2', two);
  await store.writeManifest(R, attachedTag(one.digest, 'sig'), one);
  await store.writeManifest(R, attachedTag(one.digest, 'att'), two);
  await store.writeManifest(R, attachedTag(two.digest, 'att'), one);
  const plan = await planCopy(store, [...V1, { repository: R, reference: 'v2' }]);
  assert.equal(new Set(plan.manifests.map(({ manifest }) => manifest.digest)).size, 2);
  assert.equal(plan.manifests.length, 5);
});

test('referrers that name each other, and a store that claims anything, end', async () => {
  const store = new MemoryStore();
  const [one, two] = [await putImage(store, 'one'), await putImage(store, 'two')];
  await store.writeManifest(R, 'v1', one);
  store.listReferrers = async () => [descriptorOf(one), descriptorOf(two)];
  assert.equal((await planCopy(store, V1)).manifests.length, 2);
});

test('what an index names a thousand times is read once and written once', async () => {
  const store = new MemoryStore();
  const child = await putImage(store, 'child');
  const inner = indexOf(Array(1000).fill(descriptorOf(child)));
  await store.writeManifest(R, inner.digest, inner);
  const outer = indexOf([...Array(1000).fill(descriptorOf(inner)), descriptorOf(child)]);
  await store.writeManifest(R, 'v1', outer);
  const reads: string[] = [];
  const read = store.readManifest.bind(store);
  store.readManifest = async (repository, reference) => {
    reads.push(reference);
    return await read(repository, reference);
  };
  const plan = await planCopy(store, V1, { referrers: false });
  assert.deepEqual(
    plan.manifests.map(({ manifest, height }) => [manifest.digest, height]),
    [
      [child.digest, 0],
      [inner.digest, 1],
      [outer.digest, 2],
    ],
  );
  assert.deepEqual(reads, ['v1', inner.digest, child.digest]);
});

test('an index nested without end is refused', async () => {
  const store = new MemoryStore();
  let top = await putImage(store, 'bottom');
  for (let depth = 0; depth < 10; depth++) {
    top = indexOf([descriptorOf(top)]);
    await store.writeManifest(R, top.digest, top);
  }
  await store.writeManifest(R, 'v1', top);
  await assert.rejects(planCopy(store, V1), hasCode('MANIFEST_INVALID'));
});

test('what an index names besides manifests travels as a blob', async () => {
  const store = new MemoryStore();
  const note = put(store, 'text/plain', 'a note');
  await store.writeManifest(R, 'v1', indexOf([note]));
  const target = new MemoryStore();
  await copyContent(store, target, V1);
  assert.equal(await target.statBlob(R, note.digest), note.size);
});

test('a name that stands for two contents is an error, never one of them lost', async () => {
  const store = new MemoryStore();
  const [one, two] = [await putImage(store, 'one'), await putImage(store, 'two')];
  const items = [one, two].map(({ digest }) => ({ repository: R, reference: 'v1', digest }));
  await assert.rejects(planCopy(store, items), hasCode('REFERENCE_AMBIGUOUS'));
});

test('an image with a SHA-512 digest is asked for no tag that could not exist', async () => {
  const store = new MemoryStore();
  const image = imageOf([put(store, MediaType.config, '{}')]);
  const digest = digestOf(image.bytes, 'sha512');
  await store.writeManifest(R, 'v1', { ...image, digest });
  const read = store.readManifest.bind(store);
  store.readManifest = async (repository, reference) => {
    assert.ok(reference.length <= 'sha512:'.length + 128, reference);
    return await read(repository, reference);
  };
  const plan = await planCopy(store, V1);
  assert.deepEqual(
    plan.manifests.map(({ manifest }) => manifest.digest),
    [digest],
  );
});

test('one blob with two sizes is refused', async () => {
  const store = new MemoryStore();
  await store.writeManifest(R, 'v1', await putImage(store, 'one'));
  const config = put(store, MediaType.config, '"one"');
  await store.writeManifest(R, 'v2', imageOf([{ ...config, size: config.size + 1 }]));
  const items = ['v1', 'v2'].map((reference) => ({ repository: R, reference }));
  await assert.rejects(planCopy(store, items), hasCode('MANIFEST_INVALID'));
});

test('a child that the source lacks is named', async () => {
  const store = new MemoryStore();
  const absent = { mediaType: MediaType.manifest, digest: digestOf('absent'), size: 6 };
  await store.writeManifest(R, 'v1', indexOf([absent]));
  await assert.rejects(
    planCopy(store, V1),
    (error) => isSkerryError(error, 'CONTENT_NOT_FOUND') && error.subject === `${R}@${absent.digest}`,
  );
});

test('planning can be cancelled', async () => {
  const store = new MemoryStore();
  await store.writeManifest(R, 'v1', await putImage(store, 'one'));
  await assert.rejects(planCopy(store, V1, { signal: AbortSignal.abort(new Error('stop')) }), /stop/);
});

test('a blob that the target holds cut short is copied again', async () => {
  const [from, to] = [new MemoryStore(), new MemoryStore()];
  await from.writeManifest(R, 'v1', await putImage(from, 'one'));
  await copyContent(from, to, V1);
  const config = digestOf('"one"');
  const stat = to.statBlob.bind(to);
  const written: string[] = [];
  to.statBlob = async (repository, digest) => (digest === config ? 2 : await stat(repository, digest));
  const write = to.writeBlob.bind(to);
  to.writeBlob = async (repository, descriptor, source) => {
    written.push(descriptor.digest);
    await write(repository, descriptor, source);
  };
  await copyContent(from, to, V1);
  assert.deepEqual(written, [config]);
});

async function putImage(store: MemoryStore, label: string): Promise<Manifest> {
  const image = imageOf([put(store, MediaType.config, JSON.stringify(label))]);
  await store.writeManifest(R, image.digest, image);
  return image;
}

function put(store: MemoryStore, mediaType: string, text: string): Descriptor {
  return store.putBlob(
    { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) },
    Buffer.from(text),
  );
}

function imageOf([config, ...layers]: Descriptor[]): Manifest {
  return manifestOf(MediaType.manifest, { schemaVersion: 2, mediaType: MediaType.manifest, config, layers });
}

function indexOf(manifests: Descriptor[]): Manifest {
  return manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
}

function attachedTag(digest: Digest, kind: string): string {
  return `${digest.replace(':', '-')}.${kind}`;
}

function hasCode(code: string) {
  return (error: unknown) => isSkerryError(error, code);
}
