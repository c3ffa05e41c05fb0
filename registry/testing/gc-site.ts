import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { algorithmOf, type Digest, digestOf } from '../../content/digest.ts';
import { parseManifest } from '../../content/manifest.ts';
import { isIndexType } from '../../content/media-type.ts';
import type { Manifest } from '../../content/store.ts';
import { collectGarbage, type GcOptions } from '../gc/collect.ts';
import type { GcEvent } from '../gc/gc-event.ts';
import { openServedStore } from '../store/open.ts';
import type { ServedStore } from '../store/served-store.ts';
import { blobOf, imageOf, type ManifestParts } from './content.ts';

export const DAY = 24 * 3_600_000;
export const R = 'team/app';

export interface Collected {
  readonly events: readonly GcEvent[];
  /** What the plan said comes back, and what came back. */
  readonly planned: number;
  readonly freed: number;
}

/** For tests: a store with a clock of its own, images in it, and its garbage. */
export class TestSite {
  readonly folder: string;
  readonly clock = { now: 1_000 * DAY };
  #store: ServedStore | undefined;
  readonly #spans: { readonly pinFor: number; readonly pushFor: number };

  private constructor(folder: string, spans: { pinFor: number; pushFor: number }) {
    this.folder = folder;
    this.#spans = spans;
  }

  static async open(
    context: TestContext,
    {
      pinFor = 0,
      pushFor = 0,
      folder,
      now,
    }: { pinFor?: number; pushFor?: number; folder?: string; now?: number } = {},
  ): Promise<TestSite> {
    const site = new TestSite(folder ?? (await mkdtemp(join(tmpdir(), 'skerry-gc-'))), { pinFor, pushFor });
    site.clock.now = now ?? site.clock.now;
    context.after(async () => {
      await site.#store?.close();
      await rm(site.folder, { recursive: true, force: true });
    });
    await site.reopen();
    return site;
  }

  get store(): ServedStore {
    assert.ok(this.#store);
    return this.#store;
  }

  /** Closes the store, lets something happen to its folder, and opens it again. */
  async reopen(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
    await meanwhile();
    this.#store = await openServedStore(this.folder, {
      clock: () => this.clock.now,
      ...this.#spans,
    });
  }

  async blob(text: string, repository = R): Promise<Digest> {
    const digest = digestOf(text);
    const descriptor = { mediaType: 'text/plain', digest, size: Buffer.byteLength(text) };
    await this.store.writeBlob(repository, descriptor, async (offset) =>
      Readable.from([Buffer.from(text).subarray(offset)]),
    );
    return digest;
  }

  /** An image with layers of these texts, and its config. */
  async image(reference: string, layers: readonly string[], parts: ManifestParts = {}, repository = R) {
    for (const text of ['{}', ...layers]) await this.blob(text, repository);
    const blobs = layers.map((text) => ({ bytes: Buffer.from(text), digest: digestOf(text) }));
    const image = imageOf({ layers: blobs, ...parts });
    await this.push(image, reference, repository);
    return image;
  }

  /** Under its digest when `reference` is empty. */
  async push(manifest: Manifest, reference = '', repository = R): Promise<void> {
    this.clock.now += 1;
    await this.store.writeManifest(repository, reference === '' ? manifest.digest : reference, manifest);
  }

  later(ms: number): void {
    this.clock.now += ms;
  }

  async collect(options: Partial<GcOptions> = {}): Promise<Collected> {
    const before = await this.fileBytes();
    const events: GcEvent[] = [];
    const all = { plan: false, quarantine: false, keepUntagged: 7 * DAY, rules: [], roots: [], ...options };
    for await (const event of collectGarbage(this.store, all, new AbortController().signal))
      events.push(event);
    const planned = events.find((event) => event.type === 'planned')?.bytes ?? Number.NaN;
    return { events, planned, freed: before - (await this.fileBytes()) };
  }

  /** Collects, and compares what the plan said with what came back on the disk. */
  async collectAsPlanned(options: Partial<GcOptions> = {}): Promise<Collected> {
    const plan = await this.collect({ ...options, plan: true });
    assert.equal(plan.freed, 0);
    const run = await this.collect(options);
    assert.equal(run.freed, plan.planned);
    const done = run.events.find((event) => event.type === 'done');
    assert.equal(done?.bytes, run.freed);
    return run;
  }

  /** Bytes of all files of the store but its log and index. */
  async fileBytes(): Promise<number> {
    let bytes = 0;
    for (const entry of await readdir(this.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /^(?:index|registry)\./.test(entry.name)) continue;
      bytes += (await stat(join(entry.parentPath, entry.name))).size;
    }
    return bytes;
  }

  async hasFile(digest: Digest): Promise<boolean> {
    return (await this.store.files.size(digest)) !== undefined;
  }

  /** Everything that a tag leads to can be pulled whole; how many manifests that are. */
  async pullAll(): Promise<number> {
    let manifests = 0;
    for (const repository of await this.store.listRepositories()) {
      const seen = new Set<Digest>();
      for (const tag of await this.store.listTags(repository)) await this.pull(repository, tag, seen);
      manifests += seen.size;
    }
    return manifests;
  }

  async pull(repository: string, reference: string, seen = new Set<Digest>()): Promise<Set<Digest>> {
    const manifest = await this.store.readManifest(repository, reference);
    assert.ok(manifest, `${repository} ${reference}`);
    assert.equal(digestOf(manifest.bytes, algorithmOf(manifest.digest)), manifest.digest);
    if (seen.has(manifest.digest)) return seen;
    seen.add(manifest.digest);
    const { blobs, manifests } = parseManifest(manifest, reference);
    for (const { digest } of blobs) {
      const reader = await this.store.readBlob(repository, digest);
      assert.ok(reader, `${repository} ${reference} ${digest}`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of reader.stream) chunks.push(chunk);
      assert.equal(digestOf(Buffer.concat(chunks)), digest);
    }
    if (isIndexType(manifest.mediaType))
      for (const { digest } of manifests) await this.pull(repository, digest, seen);
    for (const { digest } of await this.store.listReferrers(repository, manifest.digest))
      await this.pull(repository, digest, seen);
    return seen;
  }
}

/** Manifests that go, by repository: digest and why. */
export function goingIn({ events }: Collected): Record<string, readonly (readonly [Digest, string])[]> {
  const going: Record<string, (readonly [Digest, string])[]> = {};
  for (const event of events)
    if (event.type === 'going')
      going[event.repository] = [
        ...(going[event.repository] ?? []),
        ...event.manifests.map(({ digest, why }) => [digest, why] as const),
      ];
  return going;
}

/** A text of so many bytes that looks random. */
export function text(seed: string, bytes: number): string {
  return blobOf(seed, Math.ceil(bytes / 2))
    .bytes.toString('hex')
    .slice(0, bytes);
}
