import { setTimeout as sleep } from 'node:timers/promises';
import type { Descriptor } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';
import type {
  BlobReader,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  Store,
} from '../../content/store.ts';

/** A store that gives only the first half of one blob until its gate is opened, and tells what was asked for. */
export class GatedStore implements Store {
  readonly name: string;
  /** Blobs that were read, in the order of the requests. */
  readonly reads: Digest[] = [];
  readonly #inner: Store;
  readonly #gated: Digest;
  #open = false;

  constructor(inner: Store, gated: Digest) {
    this.name = `gated ${inner.name}`;
    this.#inner = inner;
    this.#gated = gated;
  }

  open(): void {
    this.#open = true;
  }

  close(): void {
    this.#open = false;
    this.reads.length = 0;
  }

  async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    this.reads.push(digest);
    const reader = await this.#inner.readBlob(repository, digest, options);
    if (reader === undefined || digest !== this.#gated) return reader;
    return { size: reader.size, stream: this.#hold(reader, options.signal) };
  }

  async statBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined> {
    return await this.#inner.statBlob(repository, digest, options);
  }

  async resolveManifest(
    repository: string,
    reference: string,
    options?: CallOptions,
  ): Promise<Descriptor | undefined> {
    return await this.#inner.resolveManifest(repository, reference, options);
  }

  async readManifest(
    repository: string,
    reference: string,
    options?: CallOptions,
  ): Promise<Manifest | undefined> {
    return await this.#inner.readManifest(repository, reference, options);
  }

  async listTags(repository: string, options?: PageOptions): Promise<string[]> {
    return await this.#inner.listTags(repository, options);
  }

  async listRepositories(options?: PageOptions): Promise<string[]> {
    return await this.#inner.listRepositories(options);
  }

  async listReferrers(
    repository: string,
    digest: Digest,
    options?: CallOptions,
  ): Promise<readonly Descriptor[]> {
    return await this.#inner.listReferrers(repository, digest, options);
  }

  async *#hold({ size, stream }: BlobReader, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    let given = 0;
    for await (const chunk of stream) {
      const free = Math.max(0, Math.min(chunk.byteLength, size / 2 - given));
      if (free > 0) yield chunk.subarray(0, free);
      while (!this.#open) await sleep(20, undefined, signal === undefined ? {} : { signal });
      yield chunk.subarray(free);
      given += chunk.byteLength;
    }
  }
}
