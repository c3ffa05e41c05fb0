import type { Descriptor } from '../../content/descriptor.ts';
import { type Digest, digestOf, hexOf, isDigest } from '../../content/digest.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { descriptorOf } from '../../content/manifest.ts';
import type {
  BlobReader,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  TagOrDigest,
} from '../../content/store.ts';
import type { FileSpan } from '../../content/stores/file-store.ts';
import type { FileStore, MeasuredStore, RecheckingStore, StoreMeasure } from '../capability.ts';
import type { Log } from '../log.ts';
import type { ServedStore } from '../store/served-store.ts';
import type { CacheSpace } from './cache-space.ts';
import type { Downloads } from './downloads.ts';
import type { Upstream } from './upstream.ts';
import type { Uses } from './uses.ts';

export interface PullThroughParts {
  readonly upstream: Upstream;
  /** What came before. */
  readonly held: ServedStore;
  readonly downloads: Downloads;
  readonly space: CacheSpace;
  readonly uses: Uses;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
  /** Hears where the bytes of each blob came from. */
  readonly onBlob: (from: 'cache' | 'upstream', bytes: number) => void;
}

/**
 * A registry with what came from it before. Each name and each manifest is asked for there, so that a tag that moved is
 * followed and an image that was deleted is gone; blobs come once. While the registry is away, what is held is the answer.
 */
export class PullThroughStore implements FileStore, MeasuredStore, RecheckingStore {
  readonly name: string;
  readonly #parts: PullThroughParts;

  constructor(parts: PullThroughParts) {
    this.name = `cache of ${parts.upstream.name}`;
    this.#parts = parts;
  }

  async statBlob(
    repository: string,
    digest: Digest,
    { clientCredentials: credentials, signal }: CallOptions = {},
  ): Promise<number | undefined> {
    const { held, upstream } = this.#parts;
    const here = await held.statBlob(repository, digest);
    if (here !== undefined) return here;
    const there = await upstream.ask(
      credentials,
      signal,
      async (store, limited) => await store.statBlob(repository, digest, { signal: limited }),
    );
    // That another repository has it is no reason to give it away; that the registry says so is.
    if (there !== undefined) await this.#mount(repository, digest, there);
    return there;
  }

  async locateBlob(repository: string, digest: Digest): Promise<FileSpan | undefined> {
    const span = await this.#parts.held.locateBlob(repository, digest);
    if (span !== undefined) this.#parts.onBlob('cache', span.size);
    return span;
  }

  async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    const { held, downloads, upstream, onBlob } = this.#parts;
    const size = await this.statBlob(repository, digest, options);
    if (size === undefined) return undefined;
    const here = await held.readBlob(repository, digest, options);
    if (here !== undefined) return here;
    const { clientCredentials: credentials, offset = 0, length = size } = options;
    const end = Math.min(size, offset + length);
    const open = async (signal: AbortSignal) =>
      await upstream.as(credentials).readBlob(repository, digest, { size, signal });
    const stream = await downloads.read({ repository, digest, size }, { offset, end }, open);
    if (stream !== undefined) return { size, stream };
    const past = await upstream.as(credentials).readBlob(repository, digest, { ...options, size });
    if (past !== undefined) onBlob('upstream', end - offset);
    return past;
  }

  async resolveManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Descriptor | undefined> {
    const manifest = await this.readManifest(repository, reference, options);
    return manifest && descriptorOf(manifest);
  }

  async readManifest(
    repository: string,
    reference: TagOrDigest,
    { clientCredentials: credentials, signal }: CallOptions = {},
  ): Promise<Manifest | undefined> {
    const { upstream, held } = this.#parts;
    try {
      const found = await upstream.ask(
        credentials,
        signal,
        async (store, limited) => await store.resolveManifest(repository, reference, { signal: limited }),
      );
      if (found === undefined) return await this.#forget(repository, reference);
      const manifest =
        (await held.readManifest(repository, found.digest)) ??
        (await upstream.ask(
          credentials,
          signal,
          async (store, limited) => await store.readManifest(repository, found.digest, { signal: limited }),
        ));
      if (manifest !== undefined) await this.#keep(repository, reference, manifest);
      return manifest;
    } catch (error) {
      if (!isSkerryError(error, 'REGISTRY_UPSTREAM_AWAY')) throw error;
      const last = await held.readManifest(repository, reference);
      if (last === undefined) throw error;
      this.#used(repository, reference);
      return last;
    }
  }

  /** As the registry has them: what is held is but a part. */
  async listTags(
    repository: string,
    { clientCredentials: credentials, signal, ...page }: PageOptions = {},
  ): Promise<string[]> {
    return await this.#parts.upstream.ask(
      credentials,
      signal,
      async (store, limited) => await store.listTags(repository, { ...page, signal: limited }),
    );
  }

  async listReferrers(
    repository: string,
    digest: Digest,
    { clientCredentials: credentials, signal }: CallOptions = {},
  ): Promise<readonly Descriptor[]> {
    return await this.#parts.upstream.ask(
      credentials,
      signal,
      async (store, limited) => await store.listReferrers(repository, digest, { signal: limited }),
    );
  }

  /** What is held, for who looks after the cache: clients are not given the list. */
  async listRepositories(options?: PageOptions): Promise<string[]> {
    return await this.#parts.held.listRepositories(options);
  }

  async hasRepository(repository: string): Promise<boolean> {
    return await this.#parts.held.hasRepository(repository);
  }

  async measure(): Promise<StoreMeasure> {
    return await this.#parts.held.measure();
  }

  async recheck(digest: Digest): Promise<void> {
    await this.#parts.held.recheck(digest);
  }

  // Each name holds on to what was asked for by it; what is asked for by digest has a name of its own for that.
  async #keep(repository: string, reference: TagOrDigest, manifest: Manifest): Promise<void> {
    const { held, space, log } = this.#parts;
    this.#used(repository, reference);
    const tag = tagFor(reference);
    try {
      if ((await held.resolveManifest(repository, tag))?.digest === manifest.digest) return;
      const room = await space.reserve(manifest.bytes.byteLength);
      if (room === undefined) return;
      try {
        await held.writeManifest(repository, tag, manifest);
      } finally {
        room.release();
      }
    } catch (error) {
      // Whatever the disk says, the client gets what the registry sent.
      log({ level: 'warn', event: 'not-cached', digest: manifest.digest, error: messageOf(error) });
    }
  }

  async #forget(repository: string, reference: TagOrDigest): Promise<undefined> {
    const { held, uses } = this.#parts;
    await held.deleteTag(repository, tagFor(reference));
    if (isDigest(reference)) await held.deleteManifest(repository, reference);
    uses.forget(repository, tagFor(reference));
  }

  async #mount(repository: string, digest: Digest, size: number): Promise<void> {
    const { held } = this.#parts;
    const [other] = await held.findBlob(digest, 1);
    if (other === undefined) return;
    await held.mountBlob(repository, { digest, size, mediaType: 'application/octet-stream' }, other);
  }

  #used(repository: string, reference: TagOrDigest): void {
    const { uses, clock } = this.#parts;
    uses.note(repository, tagFor(reference), clock());
  }
}

function tagFor(reference: TagOrDigest): string {
  return isDigest(reference) ? `by-digest.${hexOf(digestOf(reference))}` : reference;
}
