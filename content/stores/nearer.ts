import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import type {
  BlobReader,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  Store,
  TagOrDigest,
} from '../store.ts';

/**
 * A store with a cache of it nearby. What is named by digest is read there if it can be; whatever is the matter with the
 * cache, the store itself is asked. What names mean, and lists, only the store says.
 */
export class NearerStore implements Store {
  readonly name: string;
  readonly #near: Store;
  readonly #store: Store;
  /** How long the cache may take to answer, in milliseconds. */
  readonly #limit: number;

  constructor(near: Store, store: Store, limit: number) {
    this.name = store.name;
    this.#near = near;
    this.#store = store;
    this.#limit = limit;
  }

  async statBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined> {
    return await this.#nearFirst(options, (store, limited) => store.statBlob(repository, digest, limited));
  }

  async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    const near = await this.#ask(options, (store, limited) => store.statBlob(repository, digest, limited));
    const reader =
      near === undefined
        ? undefined
        : await this.#near.readBlob(repository, digest, options).catch(() => undefined);
    options.signal?.throwIfAborted();
    if (reader === undefined) return await this.#store.readBlob(repository, digest, options);
    return { size: reader.size, stream: this.#goOn(reader, repository, digest, options) };
  }

  async resolveManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Descriptor | undefined> {
    if (!isDigest(reference)) return await this.#store.resolveManifest(repository, reference, options);
    return await this.#nearFirst(options, (store, limited) =>
      store.resolveManifest(repository, reference, limited),
    );
  }

  async readManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Manifest | undefined> {
    if (!isDigest(reference)) return await this.#store.readManifest(repository, reference, options);
    return await this.#nearFirst(options, (store, limited) =>
      store.readManifest(repository, reference, limited),
    );
  }

  async listTags(repository: string, options?: PageOptions): Promise<string[]> {
    return await this.#store.listTags(repository, options);
  }

  async listRepositories(options?: PageOptions): Promise<string[]> {
    return await this.#store.listRepositories(options);
  }

  async listReferrers(
    repository: string,
    digest: Digest,
    options?: CallOptions,
  ): Promise<readonly Descriptor[]> {
    return await this.#store.listReferrers(repository, digest, options);
  }

  async #nearFirst<T>(
    options: CallOptions = {},
    question: (store: Store, options: CallOptions) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    return (await this.#ask(options, question)) ?? (await question(this.#store, options));
  }

  async #ask<T>(
    options: CallOptions,
    question: (store: Store, options: CallOptions) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { signal } = options;
    const limit = AbortSignal.timeout(this.#limit);
    const limited = { ...options, signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) };
    const answer = await question(this.#near, limited).catch(() => undefined);
    signal?.throwIfAborted();
    return answer;
  }

  // A cache that breaks off in the midst of a blob leaves the rest to the store.
  async *#goOn(reader: BlobReader, repository: string, digest: Digest, options: ReadOptions) {
    const { offset = 0, length = reader.size - offset } = options;
    const end = Math.min(reader.size, offset + length);
    let at = offset;
    try {
      for await (const chunk of reader.stream) {
        at += chunk.byteLength;
        yield chunk;
      }
      if (at === end) return;
    } catch {
      options.signal?.throwIfAborted();
    }
    const rest = await this.#store.readBlob(repository, digest, { ...options, offset: at, length: end - at });
    if (rest !== undefined) yield* rest.stream;
  }
}
