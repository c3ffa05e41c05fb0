import { oneChunk } from '../bytes/one-chunk.ts';
import type { Descriptor } from '../descriptor.ts';
import { checkDigest, type Digest, DigestChecker, isDigest } from '../digest.ts';
import { descriptorOf, parseManifest } from '../manifest.ts';
import { page } from '../page.ts';
import { Referrers } from '../referrers.ts';
import type {
  BlobReader,
  BlobSource,
  Manifest,
  PageOptions,
  ReadOptions,
  TagOrDigest,
  WritableStore,
} from '../store.ts';
import type { DeletingStore } from './deleting-store.ts';

/** Content that was made here and is small: charts, packs, a release and its signature on their way into a bundle. */
export class MemoryStore implements WritableStore, DeletingStore {
  readonly name: string;
  readonly isLocal = true;
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #manifests = new Map<Digest, Manifest>();
  readonly #tags = new Map<string, Digest>();
  readonly #referrers = new Referrers();
  /** Of all manifests; made again when there is another one. */
  #entries: readonly Descriptor[] | undefined;

  constructor(name = 'memory') {
    this.name = name;
  }

  async statBlob(_repository: string, digest: Digest): Promise<number | undefined> {
    return this.#blobs.get(digest)?.byteLength;
  }

  async readBlob(
    _repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    const bytes = this.#blobs.get(digest);
    if (bytes === undefined) return undefined;
    const { offset = 0, length = bytes.byteLength } = options;
    return { size: bytes.byteLength, stream: oneChunk(bytes.subarray(offset, offset + length)) };
  }

  async resolveManifest(repository: string, reference: TagOrDigest): Promise<Descriptor | undefined> {
    const manifest = await this.readManifest(repository, reference);
    return manifest && descriptorOf(manifest);
  }

  async readManifest(repository: string, reference: TagOrDigest): Promise<Manifest | undefined> {
    const digest = isDigest(reference) ? reference : this.#tags.get(`${repository}:${reference}`);
    return digest === undefined ? undefined : this.#manifests.get(digest);
  }

  async listTags(repository: string, options: PageOptions = {}): Promise<string[]> {
    const prefix = `${repository}:`;
    const names = [...this.#tags.keys()].filter((name) => name.startsWith(prefix));
    return page(
      names.map((name) => name.slice(prefix.length)),
      options,
    );
  }

  async listRepositories(options: PageOptions = {}): Promise<string[]> {
    const names = [...this.#tags.keys()];
    return page(
      names.map((name) => name.slice(0, name.lastIndexOf(':'))),
      options,
    );
  }

  async listReferrers(_repository: string, digest: Digest): Promise<Descriptor[]> {
    this.#entries ??= [...this.#manifests.values()].map((manifest) => descriptorOf(manifest));
    return await this.#referrers.of(digest, this.#entries, async (entry) =>
      this.#manifests.get(entry.digest),
    );
  }

  async writeBlob(_repository: string, descriptor: Descriptor, source: BlobSource): Promise<void> {
    const checker = new DigestChecker(descriptor.digest);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await source(0)) {
      checker.update(chunk);
      chunks.push(chunk);
    }
    checker.finish(descriptor.digest, descriptor.size);
    this.#blobs.set(descriptor.digest, Buffer.concat(chunks));
  }

  /** Keeps bytes made here and gives back their descriptor. */
  putBlob(descriptor: Descriptor, bytes: Uint8Array): Descriptor {
    checkDigest(descriptor.digest, bytes, descriptor.mediaType);
    this.#blobs.set(descriptor.digest, bytes);
    return descriptor;
  }

  async mountBlob(_repository: string, descriptor: Descriptor): Promise<boolean> {
    return this.#blobs.has(descriptor.digest);
  }

  async writeManifest(repository: string, reference: TagOrDigest, manifest: Manifest): Promise<void> {
    checkDigest(manifest.digest, manifest.bytes, `${repository}@${manifest.digest}`);
    parseManifest(manifest, `${repository}@${manifest.digest}`);
    this.#manifests.set(manifest.digest, manifest);
    this.#entries = undefined;
    if (!isDigest(reference)) this.#tags.set(`${repository}:${reference}`, manifest.digest);
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    const tags = await this.listTags(repository);
    const named = tags.filter((tag) => this.#tags.get(`${repository}:${tag}`) === digest);
    for (const tag of named) this.#tags.delete(`${repository}:${tag}`);
    // Other repositories may have it too.
    const isLeft = [...this.#tags.values()].includes(digest);
    this.#entries = undefined;
    return (!isLeft && this.#manifests.delete(digest)) || named.length > 0;
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return this.#tags.delete(`${repository}:${tag}`);
  }
}
