import { LRUCache } from 'lru-cache';
import { isSkerryError, messageOf } from '../../../content/error.ts';
import type { PackConfig } from '../../../content/pack-format.ts';
import type { Store } from '../../../content/store.ts';
import type { PackReference } from '../../api/cluster-profile.ts';
import { readPack } from '../../desired/pack.ts';
import type { PackLookup, PackLookups } from '../compile/pack-lookup.ts';

/** Where the packs of a registry are. */
export interface PackPlace {
  readonly store: Store;
  readonly prefix: string;
}

const CACHE_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** Reads what profiles name, by digest: what was read once never changes. */
export class PackSource {
  readonly #parsed = new LRUCache<string, PackConfig>({ maxSize: CACHE_BYTES });

  /** Looks up packs; `placeOf` says where the packs of a PackRegistry are, undefined standing for the platform's own. */
  async lookUp(
    packs: readonly PackReference[],
    placeOf: (registry: string | undefined) => PackPlace | undefined,
    signal: AbortSignal,
  ): Promise<PackLookups> {
    const found = new Map<string, PackLookup>();
    for (const pack of packs) {
      const place = placeOf(pack.registry);
      if (place !== undefined) found.set(keyOf(pack), await this.#one(pack, place, signal));
    }
    return (pack) => found.get(keyOf(pack)) ?? { state: 'unreadable', detail: 'it was not looked up' };
  }

  async #one(
    { name, version, digest }: PackReference,
    { store, prefix }: PackPlace,
    outer: AbortSignal,
  ): Promise<PackLookup> {
    // What another registry calls by the same digest is the same, but whether it has it is its own affair.
    const key = `${prefix}/${name}@${digest}`;
    const known = this.#parsed.get(key);
    if (known !== undefined) return { state: 'found', config: known };
    const signal = AbortSignal.any([outer, AbortSignal.timeout(TIMEOUT_MS)]);
    const repository = `${prefix}/${name}`;
    try {
      const manifest = await store.readManifest(repository, digest, { signal });
      if (manifest === undefined) {
        const tags = await store.listTags(repository, { signal });
        return { state: tags.length === 0 ? 'unknown-name' : 'unknown-digest' };
      }
      const pack = await readPack(store, repository, manifest, `${name} ${version}`, signal);
      this.#parsed.set(key, pack.config, { size: pack.configBytes });
      return { state: 'found', config: pack.config };
    } catch (error) {
      outer.throwIfAborted();
      // An outage passes; the queue tries again, and what the cluster has stays.
      if (!isSkerryError(error) || error.code.startsWith('REGISTRY_')) throw error;
      return { state: 'unreadable', detail: messageOf(error) };
    }
  }
}

function keyOf({ registry, name, digest }: PackReference): string {
  return `${registry ?? ''} ${name} ${digest}`;
}
