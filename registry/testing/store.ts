import type { Descriptor } from '../../content/descriptor.ts';
import { type Digest, DigestChecker, isDigest } from '../../content/digest.ts';
import { descriptorOf, parseManifest } from '../../content/manifest.ts';
import { page } from '../../content/page.ts';
import { referrerDescriptor } from '../../content/referrers.ts';
import type { BlobSource, Manifest, PageOptions, ReadOptions } from '../../content/store.ts';
import type { DeletableStore, FindingStore, KnowingStore } from '../capability.ts';

/** For tests: a store in memory with every optional ability, that keeps blobs by repository and not in one pool. */
export class TestStore implements DeletableStore, FindingStore, KnowingStore {
  readonly name = 'test store';
  readonly #repositories = new Map<string, Repository>();

  async statBlob(repository: string, digest: Digest): Promise<number | undefined> {
    return this.#repositories.get(repository)?.blobs.get(digest)?.byteLength;
  }

  async readBlob(repository: string, digest: Digest, { offset = 0, length }: ReadOptions = {}) {
    const bytes = this.#repositories.get(repository)?.blobs.get(digest);
    if (bytes === undefined) return undefined;
    const part = bytes.subarray(offset, length === undefined ? undefined : offset + length);
    return { size: bytes.byteLength, stream: inPieces(part) };
  }

  async resolveManifest(repository: string, reference: string): Promise<Descriptor | undefined> {
    const manifest = await this.readManifest(repository, reference);
    return manifest && descriptorOf(manifest);
  }

  async readManifest(repository: string, reference: string): Promise<Manifest | undefined> {
    const held = this.#repositories.get(repository);
    const digest = isDigest(reference) ? reference : held?.tags.get(reference);
    return digest === undefined ? undefined : held?.manifests.get(digest);
  }

  async listTags(repository: string, options: PageOptions = {}): Promise<string[]> {
    return page(this.#repositories.get(repository)?.tags.keys() ?? [], options);
  }

  async listRepositories(options: PageOptions = {}): Promise<string[]> {
    return page(this.#repositories.keys(), options);
  }

  async hasRepository(repository: string): Promise<boolean> {
    return this.#repositories.has(repository);
  }

  async listReferrers(repository: string, digest: Digest): Promise<Descriptor[]> {
    const manifests = [...(this.#repositories.get(repository)?.manifests.values() ?? [])];
    return manifests.flatMap((manifest) => {
      const content = parseManifest(manifest, manifest.digest);
      return content.subject?.digest === digest ? [referrerDescriptor(manifest, content)] : [];
    });
  }

  async findBlob(digest: Digest, limit: number): Promise<string[]> {
    const all = [...this.#repositories].flatMap(([name, { blobs }]) => (blobs.has(digest) ? [name] : []));
    return all.slice(0, limit);
  }

  async writeBlob(repository: string, { digest, size }: Descriptor, source: BlobSource): Promise<void> {
    const checker = new DigestChecker(digest);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await source(0)) {
      checker.update(chunk);
      chunks.push(chunk);
    }
    checker.finish(digest, size);
    this.#open(repository).blobs.set(digest, Buffer.concat(chunks));
  }

  async mountBlob(repository: string, { digest }: Descriptor, from: string): Promise<boolean> {
    const bytes = this.#repositories.get(from)?.blobs.get(digest);
    if (bytes !== undefined) this.#open(repository).blobs.set(digest, bytes);
    return bytes !== undefined;
  }

  async writeManifest(repository: string, reference: string, manifest: Manifest): Promise<void> {
    const held = this.#open(repository);
    held.manifests.set(manifest.digest, manifest);
    if (!isDigest(reference)) held.tags.set(reference, manifest.digest);
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    const held = this.#repositories.get(repository);
    for (const [tag, target] of held?.tags ?? []) if (target === digest) held?.tags.delete(tag);
    return held?.manifests.delete(digest) ?? false;
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return this.#repositories.get(repository)?.tags.delete(tag) ?? false;
  }

  async deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    return this.#repositories.get(repository)?.blobs.delete(digest) ?? false;
  }

  #open(repository: string): Repository {
    const held = this.#repositories.get(repository) ?? {
      blobs: new Map(),
      manifests: new Map(),
      tags: new Map(),
    };
    this.#repositories.set(repository, held);
    return held;
  }
}

interface Repository {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, Manifest>;
  readonly tags: Map<string, Digest>;
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += 64 * 1024)
    yield bytes.subarray(start, start + 64 * 1024);
}
