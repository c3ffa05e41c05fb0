import type { Descriptor } from '../content/descriptor.ts';
import type { Digest } from '../content/digest.ts';
import type { LayoutIndex } from '../content/layout/layout-index.ts';
import { LayoutNames } from '../content/layout/layout-names.ts';
import type {
  BlobReader,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  Store,
  TagOrDigest,
} from '../content/store.ts';

/**
 * What a release names, out of a store that may hold much else. Tags stand for what the signed release says, whatever
 * the store says of them by now; digests are the store's, and whoever reads compares the bytes.
 */
export class ReleasedStore implements Store {
  readonly name: string;
  readonly #store: Store & { close?(): Promise<void> };
  readonly #names: LayoutNames;

  constructor(store: Store & { close?(): Promise<void> }, index: LayoutIndex) {
    this.name = store.name;
    this.#store = store;
    this.#names = new LayoutNames(index);
  }

  async statBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined> {
    return await this.#store.statBlob(repository, digest, options);
  }

  async readBlob(repository: string, digest: Digest, options?: ReadOptions): Promise<BlobReader | undefined> {
    return await this.#store.readBlob(repository, digest, options);
  }

  async resolveManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Descriptor | undefined> {
    const found = this.#names.find(repository, reference);
    return found && (await this.#store.resolveManifest(repository, found.digest, options));
  }

  async readManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Manifest | undefined> {
    const found = this.#names.find(repository, reference);
    return found && (await this.#store.readManifest(repository, found.digest, options));
  }

  async listTags(repository: string, options?: PageOptions): Promise<string[]> {
    return this.#names.listTags(repository, options);
  }

  async listRepositories(options?: PageOptions): Promise<string[]> {
    return this.#names.listRepositories(options);
  }

  async listReferrers(
    repository: string,
    digest: Digest,
    options?: CallOptions,
  ): Promise<readonly Descriptor[]> {
    return await this.#store.listReferrers(repository, digest, options);
  }

  async close(): Promise<void> {
    await this.#store.close?.();
  }
}
