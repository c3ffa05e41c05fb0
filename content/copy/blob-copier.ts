import { LRUCache } from 'lru-cache';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import { Turnstile } from '../limit.ts';
import type { BlobSource, CallOptions, ContentSink, Store } from '../store.ts';
import type { BlobCount } from './copy-counter.ts';

/** Items, blobs and manifests under way at a time where nothing else is said. */
export const DEFAULT_WIDTH = 4;
/** Repositories of the target that are remembered for the blobs that they hold. */
const MOST_HOMES = 20_000;

/** A blob, where it is read, and where it is needed. */
export interface BlobJob {
  readonly descriptor: Descriptor;
  /** Repository of the source. */
  readonly repository: string;
  /** Repositories of the target. */
  readonly wanted: readonly string[];
  /** Another repository of the target that ought to hold it. */
  readonly heldIn?: string | undefined;
}

/**
 * Brings blobs to a target, each once: what it holds is left, what it holds in another repository is mounted from there,
 * and two that need the same blob at the same time share its transfer.
 */
export class BlobCopier {
  readonly #from: Store;
  readonly #to: ContentSink;
  readonly #turnstile: Turnstile;
  readonly #transfers = new KeyedMutex<Digest>();
  /** A repository of the target in which a blob was seen or put. */
  readonly #homes = new LRUCache<Digest, string>({ max: MOST_HOMES });

  /** `width`: blobs under way at a time. */
  constructor(from: Store, to: ContentSink, width: number) {
    this.#from = from;
    this.#to = to;
    this.#turnstile = new Turnstile(width);
  }

  /** Throws CONTENT_NOT_FOUND when the source lacks it, and what reading and writing throw. */
  async copy(job: BlobJob, count: BlobCount, options: CallOptions): Promise<void> {
    await this.#transfers.run(job.descriptor.digest, () =>
      this.#turnstile.run(() => this.#copy(job, count, options)),
    );
  }

  async #copy(job: BlobJob, count: BlobCount, options: CallOptions): Promise<void> {
    const { descriptor, heldIn } = job;
    for (const repository of await this.#missing(job, options)) {
      options.signal?.throwIfAborted();
      const home = this.#homes.get(descriptor.digest) ?? heldIn;
      if (!(await this.#mount(repository, descriptor, home, options)))
        await this.#to.writeBlob(repository, descriptor, this.#source(job, count, options), options);
      this.#homes.set(descriptor.digest, repository);
    }
    count.finish();
  }

  /** Where it is needed and not known to be. Where it can be mounted from is left for that: it costs as much as asking. */
  async #missing({ descriptor, wanted, heldIn }: BlobJob, options: CallOptions): Promise<string[]> {
    const home = this.#homes.get(descriptor.digest) ?? heldIn;
    if (home !== undefined) return wanted.filter((repository) => repository !== home);
    const missing: string[] = [];
    for (const repository of wanted) {
      options.signal?.throwIfAborted();
      if (await this.#isHeld(repository, descriptor, options)) this.#homes.set(descriptor.digest, repository);
      else missing.push(repository);
    }
    return missing;
  }

  async #mount(
    repository: string,
    descriptor: Descriptor,
    home: string | undefined,
    options: CallOptions,
  ): Promise<boolean> {
    if (home === undefined || home === repository) return false;
    // Not every registry mounts.
    return (
      (await this.#to.mountBlob(repository, descriptor, home, options)) ||
      (await this.#isHeld(repository, descriptor, options))
    );
  }

  async #isHeld(repository: string, { digest, size }: Descriptor, options: CallOptions): Promise<boolean> {
    try {
      // A file that a power cut left too short is as good as none.
      return (await this.#to.statBlob(repository, digest, options)) === size;
    } catch (error) {
      // A login may be one that pushes and does not pull; if it may not push either, writing will tell.
      if (isSkerryError(error, 'REGISTRY_DENIED')) return false;
      throw error;
    }
  }

  #source({ descriptor, repository }: BlobJob, count: BlobCount, { signal }: CallOptions): BlobSource {
    return async (offset) => {
      const wanted = { offset, size: descriptor.size, signal };
      const reader = await this.#from.readBlob(repository, descriptor.digest, wanted);
      if (reader !== undefined) return counted(reader.stream, offset, count);
      const subject = `${repository}@${descriptor.digest}`;
      throw contentError('CONTENT_NOT_FOUND', { subject, detail: this.#from.name });
    };
  }
}

async function* counted(stream: AsyncIterable<Uint8Array>, offset: number, count: BlobCount) {
  let position = offset;
  count.reached(position, 0);
  for await (const chunk of stream) {
    yield chunk;
    position += chunk.byteLength;
    count.reached(position, chunk.byteLength);
  }
}
