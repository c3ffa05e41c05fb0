import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { contentError } from '../content/errors.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import type { Manifest } from '../content/store.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import type { Discovery } from './discover.ts';
import { Accounts } from './images/accounted.ts';
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
    { reference: `${R}:v1`, names: [`${R}:v1`], repository: R, tag: 'v1', digest: v1.digest },
    {
      reference: `${R}@${other.digest}`,
      names: [`${R}@${other.digest}`],
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
  const maybe: Discovery = { reference: `${R}:nothing`, certainty: 'likely', where: 'ConfigMap x' };
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

test('what is written in several ways is one image, asked for once, found by every name', async () => {
  const store = new AskedStore();
  const sources = sourcesOf(store);
  const { images } = await pinImages(sources, [
    { reference: 'app:1', certainty: 'likely', where: 'a' },
    { reference: 'docker.io/library/app:1', certainty: 'sure', where: 'b' },
    { reference: 'library/app:1', certainty: 'possible', where: 'c' },
  ]);
  assert.deepEqual(store.asked, ['docker.io/library/app:1']);
  assert.equal(images.length, 1);
  assert.equal(images[0]?.reference, 'docker.io/library/app:1');
  for (const name of ['app:1', 'docker.io/app:1', 'library/app:1', 'index.docker.io/library/app:1'])
    assert.ok(images[0]?.names.includes(name), name);
});

test('a source that can’t be reached is asked once, however many images it may have; it stops only sure ones', async () => {
  const store = new AskedStore('REGISTRY_UNREACHABLE');
  const likely = Array.from({ length: 20 }, (_, i): Discovery => {
    return { reference: `${R}:${i}`, certainty: 'likely', where: 'x' };
  });
  const { accounts } = await pinImages(sourcesOf(store), likely);
  assert.equal(store.asked.length, 1);
  assert.deepEqual(
    new Set(accounts.map(({ state, reason }) => `${state} ${reason}`)),
    new Set(['unanswered REGISTRY_UNREACHABLE']),
  );
  await assert.rejects(pinImages(sourcesOf(store), [...likely, sure(`${R}:v1`)]), (error) =>
    isSkerryError(error, 'REGISTRY_UNREACHABLE'),
  );
});

test('mere possibilities are asked for in limits, and only where the release takes something from', async () => {
  const store = new AskedStore();
  const possible = (name: string): Discovery => ({ reference: name, certainty: 'possible', where: 'x' });
  const { accounts } = await pinImages(sourcesOf(store), [
    ...Array.from({ length: 300 }, (_, i) => possible(`${R}:${i}`)),
    possible('stranger.example/x/y:1'),
  ]);
  assert.equal(store.asked.length, 100);
  assert.equal(accounts.find(({ reference }) => reference.startsWith('stranger'))?.state, 'not-asked');
});

test('what the release says of a text counts, wherever it fits, and never takes back a sure image', async () => {
  const accounts = new Accounts([
    { match: 'registry.example/*:v1', as: 'left-out', note: 'not here' },
    { match: '*', as: 'not-an-image', note: 'nothing is' },
    { match: 'x:1', as: 'image', note: 'it is' },
  ]);
  const store = new AskedStore();
  const discoveries: Discovery[] = [
    { reference: `${R}:v1`, certainty: 'likely', where: 'x' },
    { reference: 'other:1', certainty: 'likely', where: 'x' },
    sure(`${R}:v2`),
  ];
  const pinned = await pinImages(sourcesOf(store), discoveries, { accounts });
  assert.deepEqual(
    pinned.accounts.map(({ reference, state }) => [reference, state]),
    [
      ['other:1', 'not-an-image'],
      [`${R}:v1`, 'left-out'],
      [`${R}:v2`, 'taken'],
    ],
  );
  assert.deepEqual(
    accounts.unused().map(({ match }) => match),
    ['x:1'],
  );
});

test('a likely name without a version is only possible beside the same name with one', async () => {
  const likely = (reference: string): Discovery => ({ reference, certainty: 'likely', where: 'x' });
  const discoveries = [likely(R), likely('registry.example/other'), sure(`${R}:v1`)];
  const { accounts } = await pinImages(sourcesOf(new AskedStore()), discoveries);
  assert.deepEqual(
    accounts.map(({ reference, certainty }) => [reference, certainty]),
    [
      [R, 'possible'],
      [`${R}:v1`, 'sure'],
      ['registry.example/other', 'likely'],
    ],
  );
});

test('patterns with many stars take no time', () => {
  const [match, text] = ['*a'.repeat(200), 'a'.repeat(10_000)];
  const accounts = new Accounts([{ match, as: 'left-out', note: 'x' }]);
  assert.equal(accounts.ofImage([text])?.as, 'left-out');
  assert.equal(accounts.ofImage([`${text}b`]), undefined);
});

/** Has every image, and remembers which it was asked for. */
class AskedStore extends MemoryStore {
  readonly asked: string[] = [];
  readonly #failure: 'REGISTRY_UNREACHABLE' | undefined;

  constructor(failure?: 'REGISTRY_UNREACHABLE') {
    super('asked');
    this.#failure = failure;
  }

  override async readManifest(repository: string, reference: string): Promise<Manifest> {
    this.asked.push(`${repository}:${reference}`);
    if (this.#failure !== undefined) throw contentError(this.#failure, { subject: 'asked' });
    const config = { mediaType: MediaType.config, digest: digestOf(repository), size: 1 };
    return manifestOf(MediaType.manifest, { schemaVersion: 2, config, layers: [] });
  }
}

function sourcesOf(store: MemoryStore): Sources {
  const overrides = ['registry.example', 'docker.io'].map((prefix) => ({ prefix, store, inFull: true }));
  return new Sources(overrides, new MemoryStore(), {});
}
