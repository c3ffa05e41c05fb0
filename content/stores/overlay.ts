import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { page } from '../page.ts';
import type {
  BlobReader,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  Store,
  TagOrDigest,
} from '../store.ts';
import { canLocate, type FileSpan } from './file-store.ts';
import { hasRepository } from './knowing-store.ts';

/**
 * Several stores laid over each other and read as one, as an overlay file system does: what several hold is taken from
 * the one named first, and so is a tag that means different things in them.
 */
export class OverlayStore implements Store {
  readonly name: string;
  readonly #stores: readonly Store[];

  /** `stores`: the uppermost first. */
  constructor(stores: readonly Store[]) {
    this.name = stores.map(({ name }) => name).join(' over ');
    this.#stores = stores;
  }

  async statBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined> {
    return await this.#firstHolder((store) => store.statBlob(repository, digest, options));
  }

  async readBlob(repository: string, digest: Digest, options?: ReadOptions): Promise<BlobReader | undefined> {
    return await this.#firstHolder((store) => store.readBlob(repository, digest, options));
  }

  /** Where a blob lies in a file, in the first store that can say so. */
  async locateBlob(repository: string, digest: Digest, options?: CallOptions): Promise<FileSpan | undefined> {
    return await this.#firstHolder(async (store) =>
      canLocate(store) ? await store.locateBlob(repository, digest, options) : undefined,
    );
  }

  async resolveManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Descriptor | undefined> {
    return await this.#firstNamed(reference, (store) =>
      store.resolveManifest(repository, reference, options),
    );
  }

  async readManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Manifest | undefined> {
    return await this.#firstNamed(reference, (store) => store.readManifest(repository, reference, options));
  }

  async listTags(repository: string, options: PageOptions = {}): Promise<string[]> {
    return await this.#merge(options, (store) => store.listTags(repository, options));
  }

  async listRepositories(options: PageOptions = {}): Promise<string[]> {
    return await this.#merge(options, (store) => store.listRepositories(options));
  }

  async hasRepository(repository: string, options?: CallOptions): Promise<boolean> {
    for (const store of this.#stores) if (await hasRepository(store, repository, options)) return true;
    return false;
  }

  async listReferrers(repository: string, digest: Digest, options?: CallOptions): Promise<Descriptor[]> {
    const lists = await Promise.all(
      this.#stores.map((store) => store.listReferrers(repository, digest, options)),
    );
    // From the last to the first, so that the descriptor of the first stays.
    const merged = new Map(lists.toReversed().flatMap((list) => list.map((entry) => [entry.digest, entry])));
    return [...merged.values()];
  }

  async #firstNamed<T>(
    reference: TagOrDigest,
    ask: (store: Store) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (isDigest(reference)) return await this.#firstHolder(ask);
    for (const store of this.#stores) {
      // A store that fails is not passed over: the tag might mean something else in the next.
      const found = await ask(store);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  // What a digest names is the same everywhere, so a store that fails matters only when no other holds it.
  async #firstHolder<T>(ask: (store: Store) => Promise<T | undefined>): Promise<T | undefined> {
    const failures: unknown[] = [];
    for (const store of this.#stores) {
      try {
        const found = await ask(store);
        if (found !== undefined) return found;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  }

  // The first names of all are among the first of each: one page from each store makes the page of all.
  async #merge({ limit }: PageOptions, list: (store: Store) => Promise<string[]>): Promise<string[]> {
    return page((await Promise.all(this.#stores.map(list))).flat(), { limit });
  }
}

/** A tag of which a lower store's meaning can't be seen. */
export interface HiddenTag {
  readonly repository: string;
  readonly tag: string;
  /** Names of the store that is seen and of the one that is not. */
  readonly by: string;
  readonly hides: string;
}

const STEP = 1000;

/** Finds the tags that mean different things in `stores`, the uppermost first; for telling the operator. */
export async function* findHiddenTags(
  stores: readonly Store[],
  options: CallOptions = {},
): AsyncGenerator<HiddenTag> {
  for (const [index, lower] of stores.entries()) {
    const above = stores.slice(0, index);
    if (above.length === 0) continue;
    const repositories = pagesOf((after) => lower.listRepositories({ ...options, limit: STEP, after }));
    for await (const repository of repositories) {
      const tags = pagesOf((after) => lower.listTags(repository, { ...options, limit: STEP, after }));
      for await (const tag of tags) {
        const hidden = await hiddenBy(above, lower, { repository, tag }, options);
        if (hidden !== undefined) yield hidden;
      }
    }
  }
}

async function hiddenBy(
  above: readonly Store[],
  lower: Store,
  { repository, tag }: { repository: string; tag: string },
  options: CallOptions,
): Promise<HiddenTag | undefined> {
  for (const upper of above) {
    const seen = await upper.resolveManifest(repository, tag, options);
    if (seen === undefined) continue;
    const held = await lower.resolveManifest(repository, tag, options);
    if (held === undefined || held.digest === seen.digest) return undefined;
    return { repository, tag, by: upper.name, hides: lower.name };
  }
  return undefined;
}

async function* pagesOf(list: (after: string | undefined) => Promise<string[]>): AsyncGenerator<string> {
  let names: string[];
  let after: string | undefined;
  do {
    names = await list(after);
    yield* names;
    after = names.at(-1);
  } while (names.length >= STEP && after !== undefined);
}
