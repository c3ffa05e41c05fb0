import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { MemoryStore } from '../content/memory.ts';
import type { Manifest } from '../content/store.ts';
import type { Discovery } from './discover.ts';
import { pinImages } from './pin.ts';
import { Sources } from './sources.ts';

const R = 'registry.example/app';

test('every image gets the digest it has now, by tag or by digest, in a stable order', async () => {
  const { sources, put } = await storeWith();
  const [v1, other] = [await put('v1', 'one'), await put('v2', 'two')];
  const { images } = await pinImages(sources, [
    sure(`${R}@${other.digest}`),
    sure(`${R}:v1`),
    sure(`${R}:v1`),
  ]);
  assert.deepEqual(images, [
    { reference: `${R}:v1`, repository: R, tag: 'v1', digest: v1.digest },
    {
      reference: `${R}@${other.digest}`,
      repository: R,
      tag: `pinned-${other.digest.slice(-12)}`,
      digest: other.digest,
    },
  ]);
});

test('a tag that has moved since a digest was written beside it names one image, and neither is lost', async () => {
  const { sources, put } = await storeWith();
  const [old, now] = [await put('v1', 'old'), await put('v1', 'new')];
  const { images } = await pinImages(sources, [
    sure(`${R}:v1@${old.digest}`),
    sure(`${R}:v1`),
    sure(`${R}:v1@${now.digest}`),
  ]);
  const names = new Map(images.map(({ tag, digest }) => [tag, digest]));
  assert.equal(names.get('v1'), now.digest);
  assert.deepEqual(new Set(names.values()), new Set([old.digest, now.digest]));
  for (const image of images) assert.equal(names.get(image.tag), image.digest, 'one tag, one image');
});

test('all that is missing is named with where it was found; what only looks like an image may be missing', async () => {
  const { sources, put } = await storeWith();
  await put('v1', 'one');
  const maybe: Discovery = { reference: `${R}:nothing`, certainty: 'possible', where: 'ConfigMap x' };
  const { images, leftOut } = await pinImages(sources, [sure(`${R}:v1`), maybe]);
  assert.deepEqual(
    [images.length, leftOut],
    [1, [{ reference: `${R}:nothing`, where: 'ConfigMap x', reason: 'IMAGE_NOT_FOUND' }]],
  );
  await assert.rejects(
    pinImages(sources, [maybe, sure(`${R}:v8`), sure(`${R}:v9`), { ...maybe, certainty: 'sure' }]),
    (error) =>
      isSkerryError(error, 'IMAGE_NOT_FOUND') &&
      ['v8 (chart x)', 'v9 (chart x)', 'nothing (ConfigMap x)'].every((part) => error.message.includes(part)),
  );
});

function sure(reference: string): Discovery {
  return { reference, certainty: 'sure', where: 'chart x' };
}

async function storeWith() {
  const store = new MemoryStore();
  const sources = new Sources([{ prefix: 'registry.example', store, inFull: true }], new MemoryStore(), {});
  const put = async (tag: string, label: string): Promise<Manifest> => {
    const config = { mediaType: MediaType.config, digest: digestOf(label), size: label.length };
    const image = manifestOf(MediaType.manifest, { schemaVersion: 2, config, layers: [] });
    await store.writeManifest(R, tag, image);
    return image;
  };
  return { sources, put };
}
