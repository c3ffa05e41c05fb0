import { LRUCache } from 'lru-cache';
import { compareBuild, prerelease } from 'semver';
import type { Digest } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import { PackName, tagOf, versionOf } from '../../../content/pack-format.ts';
import type { Store } from '../../../content/store.ts';
import { type Pack, readPack } from '../../desired/pack.ts';
import { platformError } from '../../errors.ts';
import { Remembered, type RememberedOptions } from '../cache/remembered.ts';

export interface CatalogOptions {
  readonly store: Store;
  /** What the repositories of packs begin with, e.g. `registry.example/packs`; the name follows after a slash. */
  readonly prefix: string;
  readonly now: () => number;
  /** Ends what is under way when the hub stops. */
  readonly signal: AbortSignal;
  /** Told when the registry failed and an old answer stands in. */
  readonly onStale?: ((key: string, error: unknown) => void) | undefined;
}

const PAGE = 1000;
const MAX_PAGES = 100;
const CALL_TIMEOUT_MS = 10_000;
const PACK_CACHE_BYTES = 32 * 1024 * 1024;

/** What the registry holds may be 10 s old; while the registry is away, 10 minutes. */
const TIMES = { freshMs: 10_000, staleMs: 600_000, retryMs: 5_000 };

/** The packs in the private registry. Every call throws what the store throws when the registry is away for long. */
export class Catalog {
  readonly #store: Store;
  readonly #prefix: string;
  readonly #signal: AbortSignal;
  readonly #names: Remembered<readonly string[]>;
  readonly #versions: Remembered<readonly string[]>;
  readonly #packs: Remembered<Pack | undefined>;
  /** By digest of the manifest: these never change. */
  readonly #parsed = new LRUCache<string, Pack>({ maxSize: PACK_CACHE_BYTES });

  constructor({ store, prefix, now, signal, onStale }: CatalogOptions) {
    this.#store = store;
    this.#prefix = prefix;
    this.#signal = signal;
    const options = (max: number): RememberedOptions => ({
      ...TIMES,
      max,
      now,
      onStale,
      mayStandIn: isOutage,
    });
    this.#names = new Remembered(options(1));
    this.#versions = new Remembered(options(2_000));
    this.#packs = new Remembered(options(2_000));
  }

  /** Names of all packs, in byte order. */
  async names(): Promise<readonly string[]> {
    return await this.#names.get('names', () => this.#listNames());
  }

  /** Versions of a pack, the newest first. Throws PACK_NOT_FOUND. */
  async versions(name: string): Promise<readonly string[]> {
    const versions = await this.#versions.get(name, () => this.#listVersions(name));
    if (versions.length === 0) throw platformError('PACK_NOT_FOUND', { subject: name });
    return versions;
  }

  /** The version that is shown for a pack: its newest, or its newest pre-release where there are only those. */
  async latest(name: string): Promise<string> {
    const versions = await this.versions(name);
    return versions.find((version) => prerelease(version) === null) ?? versions[0] ?? '';
  }

  /** Throws PACK_NOT_FOUND, PACK_UNREADABLE, DIGEST_MISMATCH, MANIFEST_INVALID. */
  async pack(name: string, version: string): Promise<Pack> {
    const subject = `${name} ${version}`;
    const pack = await this.#packs.get(`${name}:${version}`, () => this.#readPack(name, version, subject));
    if (pack === undefined) throw platformError('PACK_NOT_FOUND', { subject });
    return pack;
  }

  async #listNames(): Promise<string[]> {
    const start = `${this.#prefix}/`;
    const names: string[] = [];
    let after = this.#prefix;
    for (let page = 0; page < MAX_PAGES; page++) {
      const found = await this.#store.listRepositories({ limit: PAGE, after, signal: this.#callSignal() });
      for (const repository of found) {
        const name = repository.slice(start.length);
        if (repository.startsWith(start) && PackName.safeParse(name).success) names.push(name);
      }
      const last = found.at(-1);
      // A registry that pays no heed to `after` must not keep us here.
      if (found.length < PAGE || last === undefined || last <= after) break;
      if (last > start && !last.startsWith(start)) break;
      after = last;
    }
    return names.sort();
  }

  async #listVersions(name: string): Promise<string[]> {
    const tags = await this.#store.listTags(`${this.#prefix}/${name}`, { signal: this.#callSignal() });
    const versions = tags.map(versionOf).filter((version) => version !== undefined);
    return versions.sort((a, b) => compareBuild(b, a));
  }

  async #readPack(name: string, version: string, subject: string): Promise<Pack | undefined> {
    const repository = `${this.#prefix}/${name}`;
    const signal = this.#callSignal();
    const manifest = await this.#store.readManifest(repository, tagOf(version), { signal });
    if (manifest === undefined) return undefined;
    const known = this.#known(manifest.digest, name, version);
    if (known !== undefined) return known;
    const pack = await readPack(this.#store, repository, manifest, subject, signal);
    if (pack.config.name !== name || pack.config.version !== version) {
      const detail = `it says that it is ${pack.config.name} ${pack.config.version}`;
      throw platformError('PACK_UNREADABLE', { subject, detail });
    }
    this.#parsed.set(pack.digest, pack, { size: pack.configBytes });
    return pack;
  }

  #known(digest: Digest, name: string, version: string): Pack | undefined {
    const pack = this.#parsed.get(digest);
    return pack?.config.name === name && pack.config.version === version ? pack : undefined;
  }

  #callSignal(): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
  }
}

// Timeouts and broken connections count; a pack that was replaced by a broken one is no outage.
function isOutage(error: unknown): boolean {
  return !isSkerryError(error) || error.code.startsWith('REGISTRY_');
}
