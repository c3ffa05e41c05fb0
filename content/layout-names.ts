import type { Descriptor } from './descriptor.ts';
import { type Digest, isDigest } from './digest.ts';
import { type LayoutIndex, namesIn } from './layout-index.ts';
import { pageOfSorted } from './page.ts';
import type { PageOptions, TagOrDigest } from './store.ts';

/**
 * Finds in a layout's index what a name or a digest stands for, at the same cost however long the index is. The tables
 * for it are made when first asked for.
 */
export class LayoutNames {
  readonly index: LayoutIndex;
  #tables: Tables | undefined;

  constructor(index: LayoutIndex) {
    this.index = index;
  }

  findTag(repository: string, tag: string): Descriptor | undefined {
    return this.#get().tags.get(repository)?.get(tag);
  }

  findDigest(digest: Digest): Descriptor | undefined {
    return this.#get().digests.get(digest);
  }

  /** The manifest that a reference means; of one that only an index below names, its digest is all that is known. */
  find(repository: string, reference: TagOrDigest): { digest: Digest; mediaType?: string } | undefined {
    if (!isDigest(reference)) return this.findTag(repository, reference);
    return this.findDigest(reference) ?? { digest: reference };
  }

  hasRepository(repository: string): boolean {
    return this.#get().tags.has(repository);
  }

  listTags(repository: string, options: PageOptions = {}): string[] {
    const { tags, lists } = this.#get();
    const list = lists.get(repository) ?? [...(tags.get(repository)?.keys() ?? [])].sort();
    if (tags.has(repository)) lists.set(repository, list);
    return pageOfSorted(list, options);
  }

  listRepositories(options: PageOptions = {}): string[] {
    return pageOfSorted(this.#get().repositories, options);
  }

  #get(): Tables {
    this.#tables ??= makeTables(this.index);
    return this.#tables;
  }
}

interface Tables {
  readonly tags: ReadonlyMap<string, ReadonlyMap<string, Descriptor>>;
  readonly digests: ReadonlyMap<Digest, Descriptor>;
  readonly repositories: readonly string[];
  /** Tags in order, of repositories whose tags were asked for. */
  readonly lists: Map<string, readonly string[]>;
}

function makeTables(index: LayoutIndex): Tables {
  const tags = new Map<string, Map<string, Descriptor>>();
  const digests = new Map<Digest, Descriptor>();
  for (const entry of index) {
    // What stands first counts, also where an index names something twice.
    if (!digests.has(entry.digest)) digests.set(entry.digest, entry);
    for (const { repository, tag } of namesIn([entry])) {
      const held = tags.get(repository) ?? new Map<string, Descriptor>();
      if (!held.has(tag)) held.set(tag, entry);
      tags.set(repository, held);
    }
  }
  return { tags, digests, repositories: [...tags.keys()].sort(), lists: new Map() };
}
