import type { Descriptor } from './descriptor.ts';
import { checkDigest, type Digest, DigestChecker, isDigest } from './digest.ts';
import { descriptorOf, parseManifest } from './manifest.ts';
import { page } from './page.ts';
import { Referrers } from './referrers.ts';
import type {
  BlobReader,
  BlobSource,
  Manifest,
  PageOptions,
  ReadOptions,
  TagOrDigest,
  WritableStore,
} from './store.ts';

/** Content that was made here and is small: charts, packs, a release and its signature on their way into a bundle. */
export class MemoryStore implements WritableStore {
  readonly name: string;
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #manifests = new Map<Digest, Manifest>();
  readonly #tags = new Map<string, Digest>();
  readonly #referrers = new Referrers();

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
    return { size: bytes.byteLength, stream: once(bytes.subarray(offset, offset + length)) };
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
    const all = [...this.#manifests.values()].map((manifest) => descriptorOf(manifest));
    return await this.#referrers.of(digest, all, async (entry) => this.#manifests.get(entry.digest));
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
    if (!isDigest(reference)) this.#tags.set(`${repository}:${reference}`, manifest.digest);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
