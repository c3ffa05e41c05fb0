import { statfs } from 'node:fs/promises';
import type { Digest } from '../../content/digest.ts';
import { KeyedMutex } from '../../content/keyed-mutex.ts';
import { parseManifest } from '../../content/manifest.ts';
import { isIndexType } from '../../content/media-type.ts';
import { collectGarbage } from '../gc/collect.ts';
import type { Log } from '../log.ts';
import type { ServedStore } from '../store/served-store.ts';
import { type CachedName, heldNoMore, namesBeyond } from './keep-within.ts';
import type { Uses } from './uses.ts';

export interface CacheSpaceOptions {
  readonly store: ServedStore;
  readonly uses: Uses;
  /** Bytes that the cache may take. */
  readonly limit: number;
  readonly log: Log;
  /** Bytes that the disk has left; measured when absent. */
  readonly free?: (() => Promise<number>) | undefined;
}

/** Bytes that are promised, until they are released: they are in the store then, or nowhere. */
export interface Reservation {
  release(): void;
}

/** Room is made for more than was asked for, so that it is not made for each blob. */
const SPARE = 0.1;
/** What the cache leaves of the disk, for the store's own log and index. */
const KEEP_FREE = 64 * 1024 * 1024;

/** How much a cache may hold: when it is full, what was used longest ago makes room. */
export class CacheSpace {
  readonly #options: CacheSpaceOptions;
  readonly #locks = new KeyedMutex();
  #promised = 0;

  constructor(options: CacheSpaceOptions) {
    this.#options = options;
  }

  /** Makes room for some bytes; undefined where there can be none, so that they must not be kept. */
  async reserve(bytes: number): Promise<Reservation | undefined> {
    const { limit } = this.#options;
    if (bytes > limit) return undefined;
    return await this.#locks.run('space', async () => {
      if (!(await this.#fits(bytes))) {
        await this.#makeRoom(Math.max(0, limit * (1 - SPARE) - this.#promised - bytes));
        if (!(await this.#fits(bytes))) return undefined;
      }
      this.#promised += bytes;
      let isHeld = true;
      return {
        release: () => {
          if (isHeld) this.#promised -= bytes;
          isHeld = false;
        },
      };
    });
  }

  async #fits(bytes: number): Promise<boolean> {
    const { store, limit, free = async () => await freeBytes(store.folder) } = this.#options;
    const held = (await store.measure()).bytes;
    if (held + this.#promised + bytes > limit) return false;
    return (await free()) - this.#promised - bytes >= KEEP_FREE;
  }

  async #makeRoom(budget: number): Promise<void> {
    const { store, uses, log } = this.#options;
    const before = (await store.measure()).bytes;
    const names = await this.#names();
    const beyond = namesBeyond(names, budget);
    for (const { repository, tag } of beyond) {
      await store.deleteTag(repository, tag);
      uses.forget(repository, tag);
    }
    // Garbage collection would keep for hours what came lately, as it may belong to a push.
    for (const [repository, digests] of heldNoMore(names, beyond))
      for (const digest of digests)
        if (!(await store.deleteManifest(repository, digest))) await store.deleteBlob(repository, digest);
    const options = { plan: false, quarantine: true, keepUntagged: 0, rules: [], roots: [] };
    for await (const _ of collectGarbage(store, options, new AbortController().signal));
    const bytes = before - (await store.measure()).bytes;
    log({ event: 'made-room', names: beyond.length, bytes });
  }

  async #names(): Promise<CachedName[]> {
    const { store, uses } = this.#options;
    const names: CachedName[] = [];
    for (const repository of await store.listRepositories())
      for (const tag of await store.listTags(repository)) {
        const content = new Map<Digest, number>();
        await this.#gather(repository, tag, content);
        names.push({ repository, tag, used: uses.of(repository, tag), content });
      }
    return names;
  }

  // Of an index those manifests that are here: a machine asks for its own platform's.
  async #gather(repository: string, reference: string, content: Map<Digest, number>): Promise<void> {
    const { store } = this.#options;
    const manifest = await store.readManifest(repository, reference);
    if (manifest === undefined || content.has(manifest.digest)) return;
    content.set(manifest.digest, manifest.bytes.byteLength);
    const { blobs, manifests } = parseManifest(manifest, `${repository}@${manifest.digest}`);
    for (const { digest } of blobs) {
      const size = await store.statBlob(repository, digest);
      if (size !== undefined) content.set(digest, size);
    }
    if (isIndexType(manifest.mediaType))
      for (const { digest } of manifests) await this.#gather(repository, digest, content);
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
