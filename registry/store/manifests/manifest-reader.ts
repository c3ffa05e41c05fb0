import { algorithmOf, type Digest, digestOf, isDigest } from '../../../content/digest.ts';
import { messageOf } from '../../../content/error.ts';
import type { Manifest, TagOrDigest } from '../../../content/store.ts';
import { isDiskError } from '../check-file.ts';
import type { HeldManifest } from '../content-index.ts';
import type { BlobPool } from '../files/blob-pool.ts';
import type { StoreIndex } from '../index/store-index.ts';
import type { Quarantine } from '../quarantine.ts';
import { Lookups } from './lookups.ts';
import type { ManifestCache } from './manifest-cache.ts';

export interface ManifestReaderOptions {
  readonly files: BlobPool;
  readonly index: StoreIndex;
  readonly cache: ManifestCache;
  readonly quarantine: Quarantine;
}

/** Manifests whose names are kept in memory. Their bytes are kept apart. */
const MOST_LOOKUPS = 5000;

/** Finds and reads manifests. Every node of a cluster asks for the same ones, so both are remembered for a while. */
export class ManifestReader {
  readonly #options: ManifestReaderOptions;
  /** By repository and reference. */
  readonly #held: Lookups<HeldManifest>;

  constructor(options: ManifestReaderOptions) {
    this.#options = options;
    this.#held = new Lookups(options.index, MOST_LOOKUPS);
  }

  find(repository: string, reference: TagOrDigest): HeldManifest | undefined {
    const { index } = this.#options;
    return this.#held.find(`${repository}:${reference}`, () =>
      isDigest(reference)
        ? index.manifestByDigest(repository, reference)
        : index.manifestByTag(repository, reference),
    );
  }

  /** Undefined also when its file is lost or corrupt. */
  async read(held: HeldManifest | undefined): Promise<Manifest | undefined> {
    if (held === undefined) return undefined;
    const bytes = await this.readBytes(held.digest);
    return bytes === undefined ? undefined : { ...held, bytes };
  }

  /** Also of a blob, when it is small. */
  async readBytes(digest: Digest): Promise<Uint8Array | undefined> {
    return this.#options.cache.get(digest) ?? (await this.#readFile(digest));
  }

  // What can't be read, or is not what was written, is looked at again while it can't be replaced: the disk may have
  // stumbled, and a client may have pushed it again. What is wrong then goes into quarantine.
  async #readFile(digest: Digest): Promise<Uint8Array | undefined> {
    let { bytes, problem } = await this.#tryRead(digest);
    if (problem !== undefined)
      await this.#options.quarantine.take(digest, problem, async () => {
        ({ bytes, problem } = await this.#tryRead(digest));
        return bytes === undefined;
      });
    if (bytes !== undefined) this.#options.cache.set(digest, bytes);
    return bytes;
  }

  async #tryRead(digest: Digest): Promise<{ bytes?: Uint8Array | undefined; problem?: string | undefined }> {
    try {
      const bytes = await this.#options.files.read(digest);
      const isSound = bytes === undefined || digestOf(bytes, algorithmOf(digest)) === digest;
      return isSound ? { bytes } : { problem: 'its bytes are not those of its digest' };
    } catch (error) {
      if (!isDiskError(error)) throw error;
      return { problem: `the disk can't read it: ${messageOf(error)}` };
    }
  }
}
