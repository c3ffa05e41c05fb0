import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import { copyToBundle } from '../../bundle/file/copy-to-bundle.ts';
import { copyContent } from '../../content/copy/copy.ts';
import { copyItems } from '../../content/copy/copy-items.ts';
import type { MirrorItem } from '../../content/copy/mirror-item.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { openRemote } from '../../content/remote/store.ts';
import { FileUploadSessions } from '../../content/remote/upload-sessions.ts';
import type { Manifest, ReadOptions, Store } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { startRegistry, type TestRegistry } from '../../registry/testing/registry.ts';
import { distributionRegistry } from '../bench/registry-process.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';

const R = 'team/app';
const ROUNDS = Number(process.env.SKERRY_INTERRUPTIONS ?? 50);
const MOST_REPEATED = 16 * 1024 * 1024;

test('a second copy of 50 tags costs one question a tag at each side, and writes nothing', async (context) => {
  const [from, to] = [
    await startRegistry(context, { backend: 'served' }),
    await startRegistry(context, { backend: 'served' }),
  ];
  const made = new MemoryStore();
  const items: MirrorItem[] = [];
  for (let i = 0; i < 50; i++) {
    await made.writeManifest(R, `v${i}`, imageOf(made, [Buffer.from(`layer ${i}`)]));
    items.push({ repository: R, reference: `v${i}` });
  }
  const [source, target] = [open(context, from), open(context, to)];
  await copyContent(made, source, items);
  await copyContent(source, target, items);
  for (const again of [
    async () => {
      const { bytesCopied, manifests } = await copyContent(source, target, items);
      assert.deepEqual([bytesCopied, manifests], [0, 0]);
    },
    async () => {
      for await (const { outcome } of copyItems(source, target, items)) assert.equal(outcome, 'skipped');
    },
  ]) {
    const [before, beforeTo] = [requestsOf(from).length, requestsOf(to).length];
    await again();
    const asked = requestsOf(from).slice(before);
    const askedTo = requestsOf(to).slice(beforeTo);
    // The list of tags, which tells of signatures.
    assert.equal(asked.length, 50 + 1, asked.join('\n'));
    assert.equal(askedTo.length, 50, askedTo.join('\n'));
    assert.ok(askedTo.every((request) => request.startsWith('HEAD ')));
  }
});

test('an image of several platforms, with signatures of both kinds, is equal after a copy from registry to registry', async (context) => {
  const [from, to] = [
    await startRegistry(context, { backend: 'served' }),
    await startRegistry(context, { backend: 'served' }),
  ];
  const made = new MemoryStore();
  const platforms = ['amd64', 'arm64'].map((architecture) => {
    const image = imageOf(made, [Buffer.from('base'), Buffer.from(architecture)]);
    return { image, descriptor: descriptorOf(image, { platform: { os: 'linux', architecture } }) };
  });
  for (const { image } of platforms) await made.writeManifest(R, image.digest, image);
  const index = indexOf(platforms.map(({ descriptor }) => descriptor));
  await made.writeManifest(R, 'v1', index);
  const sbom = imageOf(made, [Buffer.from('sbom')], {
    artifactType: 'application/spdx+json',
    subject: descriptorOf(index),
  });
  await made.writeManifest(R, sbom.digest, sbom);
  const signature = imageOf(made, [Buffer.from('signature')]);
  const tag = `${index.digest.replace(':', '-')}.sig`;
  await made.writeManifest(R, tag, signature);
  const [source, target] = [open(context, from), open(context, to)];
  const item = { repository: R, reference: 'v1' };
  for await (const { outcome } of copyItems(made, source, [item])) assert.equal(outcome, 'done');
  const renamed = { ...item, to: { repository: 'mirror/app', reference: 'v1' } };
  for await (const { outcome, omissions } of copyItems(source, target, [renamed]))
    assert.deepEqual([outcome, omissions], ['done', []]);
  for (const reference of ['v1', tag, sbom.digest, ...platforms.map(({ image }) => image.digest)])
    assert.deepEqual(
      await target.readManifest('mirror/app', reference),
      await source.readManifest(R, reference),
    );
  const referrers = await target.listReferrers('mirror/app', index.digest);
  assert.deepEqual(
    referrers.map(({ digest }) => digest),
    [sbom.digest],
  );
  // Under another name in the same registry nothing travels but manifests.
  const before = requestsOf(to).length;
  const other = { ...item, to: { repository: 'other/app', reference: 'v1' } };
  const results = await Array.fromAsync(copyItems(source, target, [renamed, other], { width: 1 }));
  assert.deepEqual(
    results.map(({ outcome, bytesCopied }) => [outcome, bytesCopied]),
    [
      ['skipped', 0],
      ['done', 0],
    ],
  );
  const asked = requestsOf(to).slice(before);
  assert.ok(!asked.some((request) => request.startsWith('PATCH ')), asked.join('\n'));
  assert.deepEqual(
    await target.readManifest('other/app', sbom.digest),
    await source.readManifest(R, sbom.digest),
  );
});

test('CNCF Distribution is copied to, asked, mounted in and deleted from as our own is', async (context) => {
  const { store: target } = await startDistribution(context);
  const made = new MemoryStore();
  const image = imageOf(made, [randomBytes(3_000_000)]);
  await made.writeManifest(R, 'v1', image);
  await made.writeManifest('other/app', 'v1', image);
  const [item, other] = [R, 'other/app'].map((repository) => ({ repository, reference: 'v1' }));
  assert.ok(item && other);
  const outcomes = async (items: readonly MirrorItem[]) =>
    (await Array.fromAsync(copyItems(made, target, items, { width: 1 }))).map(({ outcome, bytesCopied }) => [
      outcome,
      bytesCopied > 0,
    ]);
  assert.deepEqual(await outcomes([item, other]), [
    ['done', true],
    ['done', false],
  ]);
  assert.deepEqual(await outcomes([item, other]), [
    ['skipped', false],
    ['skipped', false],
  ]);
  assert.deepEqual(await target.resolveManifest(R, 'v1'), descriptorOf(image));
  const back = new MemoryStore();
  for await (const { outcome } of copyItems(target, back, [item])) assert.equal(outcome, 'done');
  assert.deepEqual(await back.readManifest(R, 'v1'), image);
  // Tags alone are deleted by some versions; a manifest by all that are allowed to.
  const isUntagged = await target.deleteTag(R, 'v1').catch((error: unknown) => {
    assert.ok(isSkerryError(error, 'DELETE_UNSUPPORTED'), String(error));
    return undefined;
  });
  if (isUntagged) assert.equal(await target.resolveManifest(R, 'v1'), undefined);
  assert.equal(await target.deleteManifest(R, image.digest), true);
  assert.equal(await target.resolveManifest(R, image.digest), undefined);
  assert.equal(await target.deleteManifest(R, image.digest), false);
});

test('a copy that is stopped again and again ends as one that was not, and little comes twice', async (context) => {
  const seed = randomInt(2 ** 31);
  context.diagnostic(`seed ${seed}`);
  const random = randomFrom(seed);
  const made = new MemoryStore('source');
  const items: MirrorItem[] = [];
  const shared = randomBytes(9_000_000);
  for (let i = 0; i < 6; i++) {
    const layers = [shared, randomBytes(20_000_000 + i), randomBytes(300_000)];
    await made.writeManifest(R, `v${i}`, imageOf(made, layers));
    items.push({ repository: R, reference: `v${i}` });
  }
  const total = 9_000_000 + 6 * 20_300_000;
  for (const [name, copy, check] of await targets(context, items)) {
    const source = new CountingSource(made);
    for (let round = 0; round < ROUNDS; round++) {
      const stop = new AbortController();
      source.stopAfter(Math.floor((random() * 2 * total) / ROUNDS), stop);
      const ended = await copy(source, stop.signal).then(
        () => true,
        (error: unknown) => {
          if (!stop.signal.aborted) throw error;
          return false;
        },
      );
      assert.ok(source.repeated < MOST_REPEATED, `${name}: ${source.repeated} bytes came again`);
      if (ended) break;
    }
    source.stopAfter(Number.POSITIVE_INFINITY, new AbortController());
    await copy(source, new AbortController().signal);
    const target = await check();
    for (const { repository, reference } of items) {
      const manifest = await made.readManifest(repository, reference);
      assert.ok(manifest);
      assert.deepEqual(await target.readManifest(repository, reference), manifest, name);
      for (const digest of blobsOf(manifest)) {
        const reader = await target.readBlob(repository, digest);
        assert.ok(reader, name);
        assert.equal(digestOf(Buffer.concat(await Array.fromAsync(reader.stream))), digest, name);
      }
    }
  }
});

type Target = readonly [
  name: string,
  copy: (from: Store, signal: AbortSignal) => Promise<void>,
  check: () => Promise<Store>,
];

/** Opened again for each copy, as another process would. */
async function targets(context: TestContext, items: readonly MirrorItem[]): Promise<Target[]> {
  const folder = await testFolder('interrupted');
  const registry = await startRegistry(context, { backend: 'served' });
  const { address } = await startDistribution(context);
  const sessions = join(folder, 'sessions');
  const remote = (at: string) => openRemote(at, { sessions: new FileUploadSessions(sessions) });
  const into = async (from: Store, to: Parameters<typeof copyItems>[1], signal: AbortSignal) => {
    for await (const { outcome, error } of copyItems(from, to, items, { signal }))
      assert.ok(outcome !== 'failed', error);
  };
  const [layout, bundle] = [join(folder, 'layout'), join(folder, 'bundle.tar')];
  return [
    [
      'layout',
      async (from, signal) => into(from, await openLayout(layout, { create: true }), signal),
      async () => await openLayout(layout),
    ],
    ...[`http://127.0.0.1:${registry.port}`, `http://${address}`].map(
      (at): Target => [
        `registry ${at}`,
        async (from, signal) => {
          const to = remote(at);
          await into(from, to, signal).finally(() => to.close());
        },
        async () => {
          const to = remote(at);
          context.after(() => to.close());
          return to;
        },
      ],
    ),
    [
      'bundle',
      async (from, signal) => {
        await copyToBundle(bundle, from, items, { signal });
      },
      async () => {
        const store = await openBundle(bundle);
        context.after(() => store.close());
        return store;
      },
    ],
  ];
}

/** A source far away that counts what is read of it a second time, and stops the copy after so many bytes. */
class CountingSource extends MemoryStore {
  readonly #inner: MemoryStore;
  readonly #reached = new Map<Digest, number>();
  #before = new Map<Digest, number>();
  #left = 0;
  #stop = new AbortController();
  repeated = 0;

  constructor(inner: MemoryStore) {
    super(inner.name);
    this.#inner = inner;
  }

  stopAfter(bytes: number, stop: AbortController): void {
    this.#left = bytes;
    this.#stop = stop;
    this.#before = new Map(this.#reached);
    this.repeated = 0;
  }

  override async resolveManifest(repository: string, reference: string) {
    return await this.#inner.resolveManifest(repository, reference);
  }

  override async readManifest(repository: string, reference: string) {
    return await this.#inner.readManifest(repository, reference);
  }

  override async statBlob(repository: string, digest: Digest) {
    return await this.#inner.statBlob(repository, digest);
  }

  override async readBlob(repository: string, digest: Digest, options: ReadOptions = {}) {
    const reader = await this.#inner.readBlob(repository, digest, options);
    return reader && { size: reader.size, stream: this.#counted(digest, options.offset ?? 0, reader.stream) };
  }

  async *#counted(digest: Digest, offset: number, stream: AsyncIterable<Uint8Array>) {
    let position = offset;
    for await (const whole of stream)
      for (let start = 0; start < whole.byteLength; start += 100_000) {
        const piece = Buffer.from(whole.subarray(start, start + 100_000));
        const before = this.#before.get(digest) ?? 0;
        this.repeated += Math.max(0, Math.min(before, position + piece.byteLength) - position);
        position += piece.byteLength;
        this.#reached.set(digest, Math.max(position, this.#reached.get(digest) ?? 0));
        this.#left -= piece.byteLength;
        if (this.#left <= 0) this.#stop.abort(new Error('stopped'));
        this.#stop.signal.throwIfAborted();
        yield piece;
      }
  }
}

async function startDistribution(context: TestContext) {
  const { registry: program } = await ensurePrograms(['registry'], { cache: programCache(process.env) });
  const folder = await testFolder('distribution');
  const registry = await distributionRegistry(program)(join(folder, 'data'), AbortSignal.timeout(60_000));
  const store = openRemote(`http://${registry.address}`);
  context.after(async () => {
    await store.close();
    await registry.stop();
  });
  return { store, address: registry.address };
}

function open(context: TestContext, registry: TestRegistry) {
  const store = openRemote(`http://127.0.0.1:${registry.port}`);
  context.after(() => store.close());
  return store;
}

function requestsOf(registry: TestRegistry): string[] {
  return registry.log
    .filter(({ event }) => event === 'request')
    .map(({ method, path }) => `${method} ${path}`);
}

function imageOf(store: MemoryStore, layers: readonly Buffer[], extra: object = {}): Manifest {
  const put = (mediaType: string, bytes: Buffer) =>
    store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  const digests = layers.map((layer) => digestOf(layer));
  return manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: put(MediaType.config, Buffer.from(JSON.stringify({ digests }))),
    layers: layers.map((layer) => put(MediaType.layer, layer)),
    ...extra,
  });
}

function indexOf(manifests: readonly Descriptor[]): Manifest {
  return manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
}

function blobsOf(manifest: Manifest): Digest[] {
  const json = JSON.parse(Buffer.from(manifest.bytes).toString());
  return json.layers.map(({ digest }: { digest: Digest }) => digest);
}

// mulberry32
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
