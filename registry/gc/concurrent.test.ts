import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Digest, digestOf } from '../../content/digest.ts';
import { parseManifest } from '../../content/manifest.ts';
import type { Manifest } from '../../content/store.ts';
import { openServedStore } from '../store/open.ts';
import { PUSH_MS } from '../store/push-time.ts';
import type { ServedStore } from '../store/served-store.ts';
import { imageOf, indexOf } from '../testing/content.ts';
import { collectGarbage } from './collect.ts';

/** A second is a day, so that what is left behind is soon old enough to go. */
const SPEED = PUSH_MS / 1000;
const HOLD_MS = 2500 * SPEED;
const REPOSITORIES = ['team/app', 'team/db', 'other'];
const OPERATIONS = 150;
const WORKERS = 4;
const LAYERS = 60;

const clock = () => performance.now() * SPEED;

test('pushes, pulls and deletes lose nothing while garbage is collected all the time', async (context) => {
  const store = await openStore(context);
  const stop = new AbortController();
  const collecting = collectUntil(store, stop.signal);
  const workers = Array.from({ length: WORKERS }, (_, index) => new Client(store, index));
  try {
    await Promise.all(workers.map((worker) => worker.work(OPERATIONS)));
  } finally {
    stop.abort();
  }
  const collected = await collecting;
  for (const worker of workers) await worker.checkTags();
  context.diagnostic(
    `${collected.runs} collections took ${collected.manifests} manifests and ${collected.blobs} blobs; ${workers.reduce((sum, { pulls }) => sum + pulls, 0)} pulls`,
  );
  assert.ok(collected.manifests > 0 && collected.blobs > 0);
});

async function openStore(context: TestContext): Promise<ServedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-gc-'));
  const store = await openServedStore(folder, { clock, pinFor: HOLD_MS });
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return store;
}

async function collectUntil(store: ServedStore, signal: AbortSignal) {
  const total = { runs: 0, manifests: 0, blobs: 0 };
  const options = { plan: false, quarantine: false, keepUntagged: 0, rules: [], roots: [] };
  while (!signal.aborted) {
    for await (const event of collectGarbage(store, options, new AbortController().signal)) {
      if (event.type !== 'done') continue;
      total.runs++;
      total.manifests += event.manifests;
      total.blobs += event.blobs;
    }
    await nextTurn();
  }
  return total;
}

interface Tagged {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

/** Does what clients do: asks what is there, leaves that out, pushes the rest, and expects to find all of it later. */
class Client {
  readonly #store: ServedStore;
  readonly #index: number;
  readonly #tags = new Map<string, Tagged>();
  #seed: number;
  pulls = 0;

  constructor(store: ServedStore, index: number) {
    this.#store = store;
    this.#index = index;
    this.#seed = index + 1;
  }

  async work(operations: number): Promise<void> {
    for (let n = 0; n < operations; n++) {
      const repository = this.#pick(REPOSITORIES);
      const tag = `w${this.#index}-${this.#random(4)}`;
      const begun = clock();
      const operation = this.#pick([
        () => this.#pushImage(repository, tag),
        () => this.#pushIndex(repository, tag),
        () => this.#pushIndex(repository, tag),
        () => this.#attach(repository),
        () => this.#delete(repository, tag),
        () => this.#pullAny(),
        () => this.#pullAny(),
      ]);
      const error = await operation().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      // Nobody promises anything to who comes back after the hold has ended.
      if (error !== undefined && clock() - begun < HOLD_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, this.#random(25)));
    }
  }

  async checkTags(): Promise<void> {
    for (const { repository, tag, digest } of this.#tags.values()) {
      const manifest = await this.#store.readAndPinManifest(repository, tag);
      assert.equal(manifest?.digest, digest, `${repository}:${tag}`);
      await this.#pull(repository, tag);
    }
  }

  // Few enough that clients often push the same.
  #image(): Manifest {
    const layers = [0, 1].map(() => {
      const bytes = Buffer.from(`layer ${this.#random(LAYERS)}`);
      return { bytes, digest: digestOf(bytes) };
    });
    return imageOf({ layers });
  }

  async #pushImage(repository: string, tag: string): Promise<void> {
    const image = this.#image();
    await this.#ensureBlobs(repository, image);
    await this.#put(repository, tag, image);
  }

  async #pushIndex(repository: string, tag: string): Promise<void> {
    const images = [this.#image(), this.#image()];
    for (const image of images) {
      if ((await this.#store.readAndPinManifest(repository, image.digest)) !== undefined) continue;
      await this.#ensureBlobs(repository, image);
      await this.#store.writeManifest(repository, image.digest, image);
    }
    await this.#put(repository, tag, indexOf(images));
  }

  async #attach(repository: string): Promise<void> {
    const mine = [...this.#tags.values()].filter((tagged) => tagged.repository === repository);
    if (mine.length === 0) return;
    const subject = await this.#store.readAndPinManifest(repository, this.#pick(mine).tag);
    assert.ok(subject);
    const signature = imageOf({ subject, artifactType: `text/${this.#random(3)}` });
    await this.#ensureBlobs(repository, signature);
    await this.#store.writeManifest(repository, signature.digest, signature);
    const listed = await this.#store.listReferrers(repository, subject.digest);
    assert.ok(listed.some(({ digest }) => digest === signature.digest));
  }

  async #delete(repository: string, tag: string): Promise<void> {
    const key = `${repository}:${tag}`;
    const tagged = this.#tags.get(key);
    if (tagged === undefined) return;
    this.#tags.delete(key);
    await this.#store.deleteTag(repository, tag);
  }

  async #pullAny(): Promise<void> {
    if (this.#tags.size === 0) return;
    const { repository, tag, digest } = this.#pick([...this.#tags.values()]);
    assert.equal((await this.#store.readAndPinManifest(repository, tag))?.digest, digest);
    await this.#pull(repository, tag);
  }

  async #ensureBlobs(repository: string, image: Manifest): Promise<void> {
    const { blobs } = parseManifest(image, 'image');
    for (const { digest } of blobs) {
      if ((await this.#store.statAndPinBlob(repository, digest)) !== undefined) continue;
      const [from] = await this.#store.findBlob(digest, 1);
      const descriptor = { mediaType: 'x', digest, size: 0 };
      if (from !== undefined && (await this.#store.mountBlob(repository, descriptor, from))) continue;
      const bytes = this.#bytesOf(digest);
      await this.#store.writeBlob(repository, { ...descriptor, size: bytes.byteLength }, async (offset) =>
        Readable.from([bytes.subarray(offset)]),
      );
    }
  }

  #bytesOf(digest: Digest): Buffer {
    const texts = ['{}', ...Array.from({ length: LAYERS }, (_, n) => `layer ${n}`)];
    return Buffer.from(texts.find((text) => digestOf(text) === digest) ?? '');
  }

  // As the registry does: what the manifest names must be there when it is taken.
  async #put(repository: string, tag: string, manifest: Manifest): Promise<void> {
    const { blobs, manifests } = parseManifest(manifest, tag);
    for (const { digest } of blobs) assert.ok((await this.#store.statBlob(repository, digest)) !== undefined);
    await this.#store.writeManifest(repository, tag, manifest);
    this.#tags.set(`${repository}:${tag}`, { repository, tag, digest: manifest.digest });
    for (const { digest } of manifests) assert.ok(await this.#store.readAndPinManifest(repository, digest));
  }

  async #pull(repository: string, reference: string): Promise<void> {
    this.pulls++;
    const manifest = await this.#store.readAndPinManifest(repository, reference);
    assert.ok(manifest, `${repository} ${reference}`);
    const { blobs, manifests } = parseManifest(manifest, reference);
    for (const { digest } of blobs) {
      const reader = await this.#store.readBlob(repository, digest);
      assert.ok(reader, `${repository} ${reference} ${digest}`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of reader.stream) chunks.push(chunk);
      assert.equal(digestOf(Buffer.concat(chunks)), digest);
    }
    for (const { digest } of manifests) await this.#pull(repository, digest);
    for (const { digest } of await this.#store.listReferrers(repository, manifest.digest))
      await this.#pull(repository, digest);
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[this.#random(items.length)];
    assert.ok(item !== undefined);
    return item;
  }

  // The same for every run of the test: what differs is how the workers interleave.
  #random(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * below);
  }
}
