import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { cosignTags, referrersTag } from '../companion-tag.ts';
import { type CopyResult, copyContent } from '../copy/copy.ts';
import { copyItems } from '../copy/copy-items.ts';
import type { PlanOptions } from '../copy/copy-plan.ts';
import type { Descriptor } from '../descriptor.ts';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { descriptorOf, manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import type { Manifest } from '../store.ts';
import { MemoryStore } from '../stores/memory.ts';
import { type Oddities, serveOddly } from '../testing/odd-registry.ts';
import { QUICK } from '../testing/script.ts';
import type { RemoteOptions } from './client.ts';
import { openRemote } from './store.ts';

const R = 'team/app';
const ITEMS = [{ repository: R, reference: 'v1' }];
const PATIENT = { ...QUICK, sleep: async () => {} };

test('one image of six platforms with attestations costs no more than 40 requests', async (context) => {
  const { store, all } = await bigImage();
  const { result, requests, target } = await copyFrom(context, store, { referrers: 404 });
  assert.ok(requests.length <= 40, `${requests.length} requests`);
  assert.deepEqual(result.omissions, []);
  for (const digest of all) assert.ok(await target.readManifest(R, digest), digest);
});

test('whatever the registry lists or refuses, all that belongs to an image is found', async (context) => {
  const habits: (Oddities & { isMirror?: boolean })[] = [
    {},
    { referrers: 404 },
    { referrers: 403 },
    { referrers: 501 },
    { referrers: 'html' },
    { referrers: 404, tagList: 404 },
    { referrers: 404, tagList: 403, absentTags: 403 },
    { referrers: 404, tagList: 500 },
    { referrers: 404, tagList: [] },
    // A cache that lists what was asked for before.
    { referrers: 404, tagList: ['v1'], isMirror: true },
  ];
  for (const { isMirror, ...oddities } of habits) {
    const { store, all, index } = await bigImage();
    const attached = await attach(store, index, oddities.referrers === undefined ? 'api' : 'tag');
    const { result, target } = await copyFrom(context, store, oddities, { isMirror });
    assert.deepEqual(result.omissions, [], JSON.stringify(oddities));
    for (const digest of [...all, ...attached])
      assert.ok(await target.readManifest(R, digest), JSON.stringify(oddities));
  }
});

test('nothing optional stops an image: what is there and can’t be read is reported, what is refused unlisted is absent', async (context) => {
  const habits: [Oddities, number][] = [
    [{ referrers: 404, absentTags: 403, tagList: 404 }, 0],
    [{ referrers: 404, absentTags: 500, tagList: 404 }, 3],
    [{ referrers: 'null' }, 0],
    [{ referrers: 'html' }, 0],
    [{ referrers: 501 }, 0],
    [{ referrers: 403 }, 0],
    [{ referrers: 500 }, 1],
    [{ referrers: 'text' }, 1],
  ];
  for (const [oddities, losses] of habits) {
    const store = new MemoryStore();
    await store.writeManifest(R, 'v1', await putImage(store, 'one'));
    const { result, target } = await copyFrom(context, store, oddities);
    assert.equal(result.omissions.length, losses, JSON.stringify([oddities, result.omissions]));
    assert.ok(result.omissions.every(({ why }) => why === 'unreadable'));
    assert.deepEqual(await target.listTags(R), ['v1']);
  }
});

test('a signature that is listed and refused is reported each time, also when the image is there', async (context) => {
  const store = new MemoryStore();
  const image = await putImage(store, 'one');
  await store.writeManifest(R, 'v1', image);
  const [signature = ''] = cosignTags(image.digest);
  await store.writeManifest(R, signature, await putImage(store, 'signature'));
  const { address } = await serveOddly(context, store, { presentTags: 403 });
  const remote = openRemote(address, { retry: PATIENT });
  const target = new MemoryStore('target');
  for (const outcome of ['done', 'skipped']) {
    const [result] = await Array.fromAsync(copyItems(remote, target, ITEMS));
    assert.equal(result?.outcome, outcome);
    const { omissions } = await copyContent(remote, target, ITEMS);
    for (const each of [result.omissions, omissions])
      assert.deepEqual(
        each.map(({ what, why }) => [what, why]),
        [[signature, 'unreadable']],
      );
  }
  await remote.close();
});

test('an image that is refused is an error with that cause', async (context) => {
  const store = new MemoryStore();
  await store.writeManifest(R, 'v1', await putImage(store, 'one'));
  for (const [all, code] of [
    [403, 'REGISTRY_DENIED'],
    [500, 'REGISTRY_ERROR'],
    [404, 'CONTENT_NOT_FOUND'],
  ] as const)
    await assert.rejects(copyFrom(context, store, { all }), (error) => isSkerryError(error, code), code);
});

test('blobs that come without a size, or are told to nobody who only asks, are taken, signatures among them', async (context) => {
  for (const oddities of [{ blobs: 'chunked' }, { blobs: 'closed' }, { headBlobs: 403 }] as const) {
    const { store, index } = await bigImage();
    const attached = await attach(store, index, 'api');
    const { result, target } = await copyFrom(context, store, oddities);
    assert.deepEqual(result.omissions, [], JSON.stringify(oddities));
    for (const digest of attached) assert.ok(await target.readManifest(R, digest), JSON.stringify(oddities));
  }
});

test('a registry that asks to wait is waited for', async (context) => {
  const { store } = await bigImage();
  for (const status of [429, 503]) {
    const waits: number[] = [];
    const { result } = await copyFrom(
      context,
      store,
      { busy: { times: 4, status, retryAfter: '20' } },
      { retry: { ...PATIENT, maxAskedMs: 100_000 }, onWait: ({ ms }) => waits.push(ms) },
    );
    assert.deepEqual(result.omissions, []);
    assert.deepEqual([...new Set(waits)], [20_000]);
  }
});

async function copyFrom(
  context: TestContext,
  store: MemoryStore,
  oddities: Oddities,
  options: RemoteOptions & PlanOptions = {},
) {
  const { address, requests } = await serveOddly(context, store, oddities);
  const remote = openRemote(address, { retry: PATIENT, ...options });
  const target = new MemoryStore('target');
  const result: CopyResult = await copyContent(remote, target, ITEMS, options);
  await remote.close();
  return { result, requests, target };
}

/** An index of six platforms, each with an attestation, none with a blob of another. */
async function bigImage() {
  const store = new MemoryStore();
  const children: Descriptor[] = [];
  for (const architecture of ['amd64', 'arm64', 'arm', 's390x', 'ppc64le', 'riscv64']) {
    const image = await putImage(store, architecture);
    const note = await putImage(store, `about ${architecture}`);
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': image.digest,
    };
    const unknown = { os: 'unknown', architecture: 'unknown' };
    children.push({ ...descriptorOf(image), platform: { os: 'linux', architecture } });
    children.push({ ...descriptorOf(note), platform: unknown, annotations });
  }
  const index = manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: children,
  });
  await store.writeManifest(R, 'v1', index);
  return { store, index, all: [index.digest, ...children.map(({ digest }) => digest)] };
}

/** Signs an index and its first child with cosign's tags, and has a referrer refer to each. */
async function attach(store: MemoryStore, index: Manifest, how: 'api' | 'tag') {
  const digests = [];
  const child = JSON.parse(Buffer.from(index.bytes).toString()).manifests[0];
  for (const subject of [descriptorOf(index), child]) {
    const signature = await putImage(store, `signature of ${subject.digest}`);
    await store.writeManifest(R, cosignTags(subject.digest)[0] ?? '', signature);
    const referrer = await putImage(store, `referrer of ${subject.digest}`, how === 'api' ? { subject } : {});
    digests.push(signature.digest, referrer.digest);
    if (how === 'api') continue;
    const list = { schemaVersion: 2, mediaType: MediaType.index, manifests: [descriptorOf(referrer)] };
    await store.writeManifest(R, referrersTag(subject.digest), manifestOf(MediaType.index, list));
  }
  return digests;
}

async function putImage(store: MemoryStore, label: string, extra: object = {}): Promise<Manifest> {
  const put = (mediaType: string, text: string) =>
    store.putBlob({ mediaType, digest: digestOf(text), size: Buffer.byteLength(text) }, Buffer.from(text));
  const image = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: put(MediaType.config, JSON.stringify(label)),
    layers: [put(MediaType.layer, `layer of ${label}`)],
    ...extra,
  });
  await store.writeManifest(R, image.digest, image);
  return image;
}
