import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cosignTag } from '../companion-tag.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { descriptorOf, manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import type { Manifest } from '../store.ts';
import { MemoryStore } from '../stores/memory.ts';
import { compareItems, copyItems, type MirrorItem, type ReferrerChoice } from './copy-items.ts';
import type { CopyItemsOptions, ItemResult } from './mirror-item.ts';

const R = 'team/app';

test('items are compared by one question at each side', async () => {
  const { from, to } = stores();
  const [one, two] = [await putImage(from, 'one'), await putImage(from, 'two')];
  for (const tag of ['same', 'moved', 'missing']) await from.writeManifest(R, tag, one);
  await to.writeManifest(R, 'same', one);
  await to.writeManifest(R, 'moved', two);
  const items = ['same', 'moved', 'missing', 'absent'].map(named);
  const [source, target] = [watched(from), watched(to)];
  const found = await Array.fromAsync(compareItems(source.store, target.store, items));
  assert.deepEqual(Object.fromEntries(found.map(({ item, state }) => [item.reference, state])), {
    same: 'same',
    moved: 'moved',
    missing: 'missing',
    absent: 'failed',
  });
  assert.ok(isSkerryError(found.find(({ state }) => state === 'failed')?.error, 'CONTENT_NOT_FOUND'));
  const questions = items.map(({ reference }) => `resolveManifest ${reference}`).sort();
  assert.deepEqual([source.calls.sort(), target.calls.sort()], [questions, questions]);
});

test('what is the same at both sides of two registries costs one question at each', async () => {
  const { from, to } = stores();
  const items = Array.from({ length: 50 }, (_, i) => named(`v${i}`));
  for (const { reference } of items)
    await from.writeManifest(R, reference, await putImage(from, `image ${reference}`));
  await copyAll(from, to, items);
  const [source, target] = [watched(from), watched(to)];
  const results = await copyAll(source.store, target.store, items);
  assert.ok(results.every(({ outcome }) => outcome === 'skipped'));
  assert.equal(source.calls.length, items.length);
  assert.equal(target.calls.length, items.length);
});

test('an item gets the name that it is given, and a tag that moved is set again', async () => {
  const { from, to } = stores();
  const [one, two] = [await putImage(from, 'one'), await putImage(from, 'two')];
  await from.writeManifest(R, 'v1', one);
  const item = { ...named('v1'), to: { repository: 'mirror/app', reference: 'stable' } };
  assert.deepEqual(outcomes(await copyAll(from, to, [item])), { v1: 'done' });
  assert.deepEqual(await to.listRepositories(), ['mirror/app']);
  assert.equal((await to.resolveManifest('mirror/app', 'stable'))?.digest, one.digest);
  await from.writeManifest(R, 'v1', two);
  const [again] = await copyAll(from, to, [item]);
  assert.equal(again?.digest, two.digest);
  assert.equal((await to.resolveManifest('mirror/app', 'stable'))?.digest, two.digest);
});

test('one that fails stops no other, an optional one is waived, and nothing of either is tagged', async () => {
  const { from, to } = stores();
  const image = await putImage(from, 'good');
  await from.writeManifest(R, 'good', image);
  await from.writeManifest(R, 'bad', await putImage(from, 'bad'));
  const read = from.readBlob.bind(from);
  from.readBlob = async (repository, digest, options) =>
    digest === digestOf('bad') ? undefined : await read(repository, digest, options);
  const items: MirrorItem[] = [
    ...['bad', 'absent', 'good'].map(named),
    { ...named('extra'), optionalFor: image.digest },
  ];
  const results = await copyAll(from, to, items, { width: 1 });
  assert.deepEqual(outcomes(results), { bad: 'failed', absent: 'failed', good: 'done', extra: 'waived' });
  assert.deepEqual(
    results.filter(({ error }) => error).map(({ error }) => error?.code),
    ['CONTENT_NOT_FOUND', 'CONTENT_NOT_FOUND', 'CONTENT_NOT_FOUND'],
  );
  assert.deepEqual(
    results.flatMap(({ omissions }) => omissions.map(({ what, why }) => [what, why])),
    [['extra', 'unreadable']],
  );
  assert.deepEqual(await to.listTags(R), ['good']);
});

test('signatures alone, everything, or nothing that belongs to an image comes with it', async () => {
  const cases: [ReferrerChoice, string[]][] = [
    ['all', ['sbom', 'signature', 'statement', 'tagged']],
    ['signatures', ['signature', 'tagged']],
    ['none', []],
  ];
  for (const [referrers, expected] of cases) {
    const { from, to } = stores();
    const image = await putImage(from, 'image');
    await from.writeManifest(R, 'v1', image);
    const attached: Record<string, Digest> = {
      sbom: await refer(from, image, 'application/spdx+json'),
      signature: await refer(from, image, 'application/vnd.dev.sigstore.bundle.v0.3+json'),
    };
    const [tagged, statement] = [await putImage(from, 'tagged'), await putImage(from, 'statement')];
    await from.writeManifest(R, cosignTag(image.digest, 'sig'), tagged);
    await from.writeManifest(R, cosignTag(image.digest, 'att'), statement);
    Object.assign(attached, { tagged: tagged.digest, statement: statement.digest });
    await copyAll(from, to, [{ ...named('v1'), referrers }]);
    const held: string[] = [];
    for (const [name, digest] of Object.entries(attached))
      if (await to.resolveManifest(R, digest)) held.push(name);
    assert.deepEqual(held.sort(), expected);
  }
});

test('a signature that came later is seen, though the image is the same', async () => {
  const { from, to } = stores();
  const image = await putImage(from, 'image');
  await from.writeManifest(R, 'v1', image);
  await copyAll(from, to, [named('v1')]);
  const signature = await putImage(from, 'signature');
  await from.writeManifest(R, cosignTag(image.digest, 'sig'), signature);
  assert.deepEqual(outcomes(await copyAll(from, to, [named('v1')])), { v1: 'done' });
  assert.equal((await to.resolveManifest(R, cosignTag(image.digest, 'sig')))?.digest, signature.digest);
  assert.deepEqual(outcomes(await copyAll(from, to, [named('v1')])), { v1: 'skipped' });
});

test('a signature that is also an item is asked for once at each side', async () => {
  const { from, to } = stores();
  const image = await putImage(from, 'image');
  const tag = cosignTag(image.digest, 'sig');
  await from.writeManifest(R, 'v1', image);
  await from.writeManifest(R, tag, await putImage(from, 'signature'));
  const items = [named('v1'), { ...named(tag), optionalFor: image.digest }];
  for (const order of [items, items.toReversed()]) {
    await copyAll(from, to, order, { width: 1 });
    const target = watched(to);
    const results = await copyAll(from, target.store, order, { width: 1 });
    assert.ok(results.every(({ outcome }) => outcome === 'skipped'));
    assert.deepEqual(target.calls.filter((call) => call === `resolveManifest ${tag}`).length, 1);
  }
});

test('platforms that were left out before come when they are wanted, and the index keeps its digest', async () => {
  const { from, to } = stores();
  const index = await putIndex(from, ['linux/amd64', 'linux/arm64']);
  await from.writeManifest(R, 'v1', index);
  const [first] = await copyAll(from, to, [{ ...named('v1'), platforms: ['linux/amd64'] }]);
  assert.deepEqual([first?.outcome, first?.digest], ['done', index.digest]);
  assert.deepEqual(outcomes(await copyAll(from, to, [{ ...named('v1'), platforms: ['linux/amd64'] }])), {
    v1: 'skipped',
  });
  const again = watched(to);
  assert.deepEqual(outcomes(await copyAll(from, again.store, [named('v1')])), { v1: 'done' });
  assert.deepEqual(again.calls.filter((call) => call.startsWith('writeManifest')).length, 1);
  assert.deepEqual(await missingIn(from, to, index), []);
});

test('what the target has is not written again, and a blob of another repository is mounted', async () => {
  const { from, to } = stores();
  const image = await putImage(from, 'shared');
  await from.writeManifest(R, 'v1', image);
  await copyAll(from, to, [named('v1')]);
  await from.writeManifest(R, 'latest', image);
  await from.writeManifest('other/app', 'v1', image);
  const target = watched(to);
  const items = [named('v1'), named('latest'), { repository: 'other/app', reference: 'v1' }];
  assert.deepEqual((await copyAll(from, target.store, items)).map(({ outcome }) => outcome).sort(), [
    'done',
    'done',
    'skipped',
  ]);
  assert.deepEqual(
    target.calls.filter((call) => call.startsWith('write')),
    ['writeManifest latest', 'writeManifest v1'],
  );
});

test('ten thousand tags are compared and copied in memory that does not follow their number', async () => {
  const { from, to } = stores();
  const image = await putImage(from, 'image');
  const resolve = from.resolveManifest.bind(from);
  from.resolveManifest = async (repository, reference) =>
    reference.startsWith('v') ? descriptorOf(image) : await resolve(repository, reference);
  const heaps: number[] = [];
  let count = 0;
  for await (const { outcome } of copyItems(from, to, manyItems(10_000), { width: 8 })) {
    assert.equal(outcome, 'done');
    if (++count % 2500 === 0) heaps.push(heapAfterCollection());
  }
  assert.equal(count, 10_000);
  // The target itself holds the names in this memory.
  const growth = (heaps.at(-1) ?? 0) - (heaps[0] ?? 0);
  assert.ok(growth < 10e6 && Math.max(...heaps) < 200e6, `${heaps} bytes`);
});

test('an abort ends it, and who wants no more results stops the rest', async () => {
  const { from, to } = stores();
  await from.writeManifest(R, 'v1', await putImage(from, 'image'));
  const stop = new AbortController();
  const results = copyItems(from, to, manyItems(1_000_000), { width: 2, signal: stop.signal });
  await results.next();
  stop.abort(new Error('enough'));
  await assert.rejects(Array.fromAsync(results), /enough/);
  let made = 0;
  function* counted() {
    for (;;) {
      made++;
      yield named('v1');
    }
  }
  for await (const { outcome } of copyItems(from, to, counted(), { width: 2 })) {
    assert.ok(['done', 'skipped'].includes(outcome));
    break;
  }
  assert.ok(made < 10, `${made} items`);
});

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function heapAfterCollection(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function* manyItems(count: number): Generator<MirrorItem> {
  for (let i = 0; i < count; i++) yield { ...named(`v${i}`), referrers: 'none' };
}

function stores() {
  return { from: new MemoryStore('source'), to: new MemoryStore('target') };
}

function named(reference: string): MirrorItem {
  return { repository: R, reference };
}

async function copyAll(
  from: MemoryStore,
  to: MemoryStore,
  items: readonly MirrorItem[],
  options?: CopyItemsOptions,
): Promise<ItemResult[]> {
  return await Array.fromAsync(copyItems(from, to, items, options));
}

function outcomes(results: readonly ItemResult[]): Record<string, string> {
  return Object.fromEntries(results.map(({ item, outcome }) => [item.reference, outcome]));
}

/** The store as one far away, and what was asked of it. */
function watched(store: MemoryStore) {
  const calls: string[] = [];
  const seen = new Proxy(store, {
    get(target, name) {
      if (name === 'isLocal') return false;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(`${String(name)} ${String(args[1])}`);
        return Reflect.apply(value, target, args);
      };
    },
    has: (target, name) => name !== 'isLocal' && Reflect.has(target, name),
  });
  return { store: seen, calls };
}

async function putImage(store: MemoryStore, layer: string, extra: object = {}): Promise<Manifest> {
  const config = JSON.stringify({ layer });
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: put(store, MediaType.config, config),
    layers: [put(store, MediaType.layer, layer)],
    ...extra,
  });
  await store.writeManifest(R, manifest.digest, manifest);
  return manifest;
}

async function refer(store: MemoryStore, subject: Manifest, artifactType: string): Promise<Digest> {
  const extra = { artifactType, subject: descriptorOf(subject) };
  return (await putImage(store, artifactType, extra)).digest;
}

async function putIndex(store: MemoryStore, platforms: readonly string[]): Promise<Manifest> {
  const children: Descriptor[] = [];
  for (const name of platforms) {
    const [os = '', architecture = ''] = name.split('/');
    children.push(descriptorOf(await putImage(store, name), { platform: { os, architecture } }));
  }
  const index = manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: children,
  });
  await store.writeManifest(R, index.digest, index);
  return index;
}

async function missingIn(from: MemoryStore, to: MemoryStore, index: Manifest): Promise<string[]> {
  const found = await Array.fromAsync(
    copyItems(from, to, [{ repository: R, reference: index.digest }], { recheckContent: true }),
  );
  return found.filter(({ outcome }) => outcome !== 'skipped').map(({ item }) => item.reference);
}

function put(store: MemoryStore, mediaType: string, text: string): Descriptor {
  const bytes = Buffer.from(text);
  return store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
}

test('before anything of an item is copied it may be refused, by the digest that would be copied', async () => {
  const { from, to } = stores();
  const [one, two, three] = [
    await putImage(from, 'one'),
    await putImage(from, 'two'),
    await putImage(from, 'three'),
  ];
  await from.writeManifest(R, 'same', one);
  await to.writeManifest(R, 'same', one);
  await copyAll(from, to, [named('same')]);
  for (const tag of ['good', 'bad', 'moving']) await from.writeManifest(R, tag, tag === 'bad' ? two : one);
  const asked: string[] = [];
  const beforeCopy: CopyItemsOptions['beforeCopy'] = async ({ item, source }) => {
    asked.push(`${item.reference} ${source?.digest}`);
    if (source?.digest === two.digest) throw contentError('CONTENT_NOT_FOUND', { subject: 'its signature' });
  };
  const items = ['same', 'good', 'bad'].map(named);
  assert.deepEqual(outcomes(await copyAll(from, to, items, { beforeCopy })), {
    same: 'skipped',
    good: 'done',
    bad: 'failed',
  });
  assert.deepEqual(asked.sort(), [`bad ${two.digest}`, `good ${one.digest}`]);
  assert.equal(await to.resolveManifest(R, 'bad'), undefined);
  // The tag moves once it has been asked about, and what it stood for goes away: it is asked about again.
  const read = from.readManifest.bind(from);
  from.readManifest = async (repository, reference) =>
    reference === three.digest ? undefined : await read(repository, reference);
  await from.writeManifest(R, 'moving', three);
  const moves: CopyItemsOptions['beforeCopy'] = async (comparison, options) => {
    await from.writeManifest(R, 'moving', two);
    await beforeCopy(comparison, options);
  };
  assert.deepEqual(outcomes(await copyAll(from, to, [named('moving')], { beforeCopy: moves })), {
    moving: 'failed',
  });
  assert.equal(await to.resolveManifest(R, 'moving'), undefined);
});
