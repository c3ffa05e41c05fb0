import { type Attachments, attachmentsOf } from '../copy/attachments.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import type { CallOptions, PageOptions, ReadOptions, Store, TagOrDigest } from '../store.ts';

/** Where a repository really is: the store that holds it and its name there. */
export interface Route {
  readonly store: Store;
  readonly repository: string;
}

/** Many stores seen as one: each repository name leads to the store that holds it, so one copy can draw on all. */
export class RoutedStore implements Store {
  readonly name: string;
  readonly #route: (repository: string) => Route;

  constructor(name: string, route: (repository: string) => Route) {
    this.name = name;
    this.#route = route;
  }

  async statBlob(repository: string, digest: Digest, options?: CallOptions) {
    const to = this.#route(repository);
    return await to.store.statBlob(to.repository, digest, options);
  }

  async readBlob(repository: string, digest: Digest, options?: ReadOptions) {
    const to = this.#route(repository);
    return await to.store.readBlob(to.repository, digest, options);
  }

  async resolveManifest(repository: string, reference: TagOrDigest, options?: CallOptions) {
    const to = this.#route(repository);
    return await to.store.resolveManifest(to.repository, reference, options);
  }

  async readManifest(repository: string, reference: TagOrDigest, options?: CallOptions) {
    const to = this.#route(repository);
    return await to.store.readManifest(to.repository, reference, options);
  }

  async listTags(repository: string, options?: PageOptions) {
    const to = this.#route(repository);
    return await to.store.listTags(to.repository, options);
  }

  /** Routes are open-ended: there is no list of everything that they lead to. */
  async listRepositories(): Promise<string[]> {
    throw new Error(`${this.name}: nobody can list everything that routes lead to`);
  }

  attachments(repository: string, known: readonly string[]): Attachments {
    const to = this.#route(repository);
    return attachmentsOf(to.store, to.repository, known);
  }

  async listReferrers(
    repository: string,
    digest: Digest,
    options?: CallOptions,
  ): Promise<readonly Descriptor[]> {
    const to = this.#route(repository);
    return await to.store.listReferrers(to.repository, digest, options);
  }
}
