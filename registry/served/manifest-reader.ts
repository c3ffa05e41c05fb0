import { algorithmOf, type Digest, digestOf, isDigest } from '../../content/digest.ts';
import { messageOf } from '../../content/error.ts';
import type { Manifest, TagOrDigest } from '../../content/store.ts';
import { isDiskError } from '../scrub/check-file.ts';
import { Lookups } from './lookups.ts';
import type { Quarantine } from './quarantine.ts';
import type { ServedStoreParts } from './served-store.ts';
import type { HeldManifest } from './store-index.ts';

type Parts = Pick<ServedStoreParts, 'index' | 'pool' | 'manifests'>;

/** Manifests whose names are kept in memory. Their bytes are kept apart. */
const MOST_LOOKUPS = 5000;

/** Finds and reads manifests. Every node of a cluster asks for the same ones, so both are remembered for a while. */
export class ManifestReader {
  readonly #parts: Parts;
  readonly #quarantine: Quarantine;
  /** By repository and reference. */
  readonly #held: Lookups<HeldManifest>;

  constructor(parts: Parts, quarantine: Quarantine) {
    this.#parts = parts;
    this.#quarantine = quarantine;
    this.#held = new Lookups(parts.index, MOST_LOOKUPS);
  }

  find(repository: string, reference: TagOrDigest): HeldManifest | undefined {
    const { index } = this.#parts;
    return this.#held.find(`${repository}:${reference}`, () =>
      isDigest(reference)
        ? index.manifestByDigest(repository, reference)
        : index.manifestByTag(repository, reference),
    );
  }

  /** Undefined also when its file is lost or rotten. */
  async read(held: HeldManifest | undefined): Promise<Manifest | undefined> {
    if (held === undefined) return undefined;
    const bytes = this.#parts.manifests.get(held.digest) ?? (await this.#readFile(held.digest));
    return bytes === undefined ? undefined : { ...held, bytes };
  }

  // What can't be read, or is not what was written, is looked at again when nobody can replace it: the disk may have
  // stumbled, and somebody may have pushed it anew. What is wrong then goes into quarantine.
  async #readFile(digest: Digest): Promise<Uint8Array | undefined> {
    let { bytes, problem } = await this.#tryRead(digest);
    if (problem !== undefined)
      await this.#quarantine.take(digest, problem, async () => {
        ({ bytes, problem } = await this.#tryRead(digest));
        return bytes === undefined;
      });
    if (bytes !== undefined) this.#parts.manifests.put(digest, bytes);
    return bytes;
  }

  async #tryRead(digest: Digest): Promise<{ bytes?: Uint8Array | undefined; problem?: string | undefined }> {
    try {
      const bytes = await this.#parts.pool.read(digest);
      const isSound = bytes === undefined || digestOf(bytes, algorithmOf(digest)) === digest;
      return isSound ? { bytes } : { problem: 'its bytes are not those of its digest' };
    } catch (error) {
      if (!isDiskError(error)) throw error;
      return { problem: `the disk can't read it: ${messageOf(error)}` };
    }
  }
}
