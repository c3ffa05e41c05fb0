import { LRUCache } from 'lru-cache';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { parseManifest } from '../manifest.ts';
import { isIndexType, isManifestType } from '../media-type.ts';
import { choosePlatforms } from '../platform.ts';
import type { CallOptions, Store, TagOrDigest } from '../store.ts';
import { isLocal } from '../stores/local-store.ts';

/** Manifests of the target that are remembered as whole. */
const MOST_WHOLE = 20_000;
/** Repositories of the target of which a sample is remembered. */
const MOST_SAMPLES = 5_000;
const MAX_DEPTH = 8;

/** `there`: the manifest itself; `absent` is also said of what is there in part, where that is cheap to write again. */
export type Held = 'whole' | 'there' | 'absent';
type Platforms = readonly string[] | undefined;

/**
 * What one copy knows of its target. A registry that holds an image's manifest holds its blobs: registries see to that,
 * and copies write from the bottom up. Of an index it may hold only some children. A store on this machine is looked at
 * down to its files, as that costs no request.
 */
export class TargetView {
  readonly #store: Store;
  /** Every blob is asked for before something counts as whole. */
  readonly #looksDeep: boolean;
  readonly #whole = new LRUCache<string, true>({ max: MOST_WHOLE });
  readonly #samples = new LRUCache<string, Promise<boolean>>({ max: MOST_SAMPLES });

  /** `recheck`: a registry, too, is asked for every blob before something counts as whole. */
  constructor(store: Store, { recheck = false }: { recheck?: boolean | undefined } = {}) {
    this.#store = store;
    this.#looksDeep = recheck || isLocal(store);
  }

  /** As Store.resolveManifest; what may not be seen is taken for absent. */
  async resolve(
    repository: string,
    reference: TagOrDigest,
    options: CallOptions,
  ): Promise<Descriptor | undefined> {
    return (await this.find(repository, reference, options)).found;
  }

  /** As resolve, telling what is absent from what may not be seen. */
  async find(
    repository: string,
    reference: TagOrDigest,
    options: CallOptions,
  ): Promise<{ readonly found?: Descriptor | undefined; readonly isDenied: boolean }> {
    try {
      const found = await this.#store.resolveManifest(repository, reference, options);
      return { found, isDenied: false };
    } catch (error) {
      // Many registries refuse what is not there; if it is more than that, writing will tell.
      if (isSkerryError(error, 'REGISTRY_DENIED')) return { isDenied: true };
      throw error;
    }
  }

  /** How the target holds a manifest. Of an index in a registry it is not found out whether all of it is there. */
  async lookUp(repository: string, digest: Digest, options: CallOptions): Promise<Held> {
    const key = wholeKey(repository, digest, undefined);
    if (this.#whole.get(key)) return 'whole';
    if (this.#looksDeep) {
      const found = { digest, mediaType: '' };
      return (await this.#isWhole(repository, found, undefined, options)) ? 'whole' : 'absent';
    }
    const found = await this.resolve(repository, digest, options);
    if (found === undefined) return 'absent';
    if (isIndexType(found.mediaType)) return 'there';
    this.#whole.set(key, true);
    return 'whole';
  }

  /**
   * Whether what a tag stands for at the target is all there. In a registry the children of an index are asked for once
   * in each repository, and of each index there only when some of the first were missing: a copy of fewer platforms
   * leaves every index of a repository sparse, or none.
   */
  async isWhole(
    repository: string,
    found: Found,
    platforms: Platforms,
    options: CallOptions,
  ): Promise<boolean> {
    const check = () => this.#isWhole(repository, found, platforms, options);
    if (this.#looksDeep) return await check();
    if (!isIndexType(found.mediaType)) return true;
    const key = wholeKey(repository, '', platforms);
    const sample = this.#samples.get(key);
    if (sample !== undefined) return (await sample) || (await check());
    const first = check();
    this.#samples.set(
      key,
      first.catch(() => false),
    );
    return await first;
  }

  /** Remembers what this copy has written. */
  noteWhole(repository: string, digest: Digest): void {
    this.#whole.set(wholeKey(repository, digest, undefined), true);
  }

  async #isWhole(
    repository: string,
    found: Found,
    platforms: Platforms,
    options: CallOptions,
    depth = 0,
  ): Promise<boolean> {
    const key = wholeKey(repository, found.digest, platforms);
    if (this.#whole.get(key)) return true;
    const isWhole = depth < MAX_DEPTH && (await this.#look(repository, found, platforms, options, depth));
    if (isWhole) this.#whole.set(key, true);
    return isWhole;
  }

  async #look(
    repository: string,
    { digest, mediaType }: Found,
    platforms: Platforms,
    options: CallOptions,
    depth: number,
  ): Promise<boolean> {
    if (!this.#looksDeep && !isIndexType(mediaType))
      return (await this.resolve(repository, digest, options)) !== undefined;
    const manifest = await this.#store.readManifest(repository, digest, options);
    if (manifest === undefined) return false;
    const { blobs, manifests } = parseManifest(manifest, `${repository}@${digest}`);
    const chosen = platforms === undefined ? undefined : choosePlatforms(manifests, platforms);
    // What has none of them is for the plan to judge.
    if (manifests.length > 0 && chosen !== undefined && chosen.absent.length === platforms?.length)
      return false;
    const children = chosen?.chosen ?? manifests;
    const [below, others] = [children.filter(isManifest), children.filter((child) => !isManifest(child))];
    for (const { digest: blob, size } of this.#looksDeep ? [...blobs, ...others] : []) {
      options.signal?.throwIfAborted();
      if ((await this.#store.statBlob(repository, blob, options)) !== size) return false;
    }
    for (const child of below)
      if (!(await this.#isWhole(repository, child, platforms, options, depth + 1))) return false;
    return true;
  }
}

type Found = Pick<Descriptor, 'digest' | 'mediaType'>;

function isManifest({ mediaType }: Found): boolean {
  return isManifestType(mediaType);
}

function wholeKey(repository: string, digest: string, platforms: Platforms): string {
  return [repository, digest, ...(platforms ?? [])].join(' ');
}
