import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { pageOfSorted } from '../page.ts';
import { repositoryOf, tryParseReference } from '../reference.ts';
import type { PageOptions, TagOrDigest } from '../store.ts';
import {
  bareTag,
  type LayoutIndex,
  namedEntry,
  namesIn,
  refName,
  sortedIndex,
  withoutImageName,
} from './layout-index.ts';

/** Stands for the repository of entries that have none. */
export const NAMELESS = '';

/**
 * The names of a layout's index. What a name or a digest stands for is found, and changed, at the same cost however long
 * the index is; the tables for it are made when first asked for.
 */
export class LayoutNames {
  #index: LayoutIndex | undefined;
  #entries: Set<Descriptor>;
  #tables: Tables | undefined;

  constructor(index: LayoutIndex) {
    this.#index = index;
    this.#entries = new Set(index);
  }

  /** All entries: as they were given, or sorted once one of them has changed. */
  get index(): LayoutIndex {
    this.#index ??= sortedIndex(this.#entries);
    return this.#index;
  }

  findTag(repository: string, tag: string): Descriptor | undefined {
    return this.#get().tags.get(repository)?.get(tag);
  }

  /** An entry that has a tag and no repository, where one alone has that tag. */
  findBareTag(tag: string): Descriptor | undefined {
    const [entry, ...more] = this.index.filter((each) => bareTag(each) === tag);
    return more.length === 0 ? entry : undefined;
  }

  /**
   * The name under which a repository is held that may be spelled in another way there: Docker Hub's images with host
   * and `library/` or without. Undefined when it is not.
   */
  spellingOf(repository: string): string | undefined {
    const { tags, spellings } = this.#get();
    return tags.has(repository) ? repository : spellings.get(canonical(repository));
  }

  findDigest(digest: Digest): Descriptor | undefined {
    const [first] = this.#get().digests.get(digest) ?? [];
    return first;
  }

  /** The manifest that a reference means; of one that only an index below names, its digest is all that is known. */
  find(
    repository: string,
    reference: TagOrDigest,
  ): (Pick<Descriptor, 'digest'> & Partial<Descriptor>) | undefined {
    if (!isDigest(reference))
      return repository === NAMELESS ? this.findBareTag(reference) : this.findTag(repository, reference);
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
    const tables = this.#get();
    tables.repositories ??= [...tables.tags.keys()].sort();
    return pageOfSorted(tables.repositories, options);
  }

  /** Has `repository:tag` stand for a manifest, in place of what had that name. False when it did already. */
  setTag(repository: string, tag: string, descriptor: Descriptor): boolean {
    const entry = namedEntry(repository, tag, descriptor);
    const held = this.#get().tags.get(repository)?.get(tag);
    if (held !== undefined && JSON.stringify(held) === JSON.stringify(entry)) return false;
    this.deleteTag(repository, tag);
    this.#add(entry);
    return true;
  }

  /** Adds a manifest that has no tag but must be found, such as one that refers to a subject. False when it is there. */
  addUntagged(descriptor: Descriptor): boolean {
    if (this.#get().digests.has(descriptor.digest)) return false;
    this.#add(descriptor);
    return true;
  }

  /** False when there is no such tag. */
  deleteTag(repository: string, tag: string): boolean {
    const entries = [...(this.#get().names.get(`${repository}:${tag}`) ?? [])];
    for (const entry of entries) {
      this.#drop(entry);
      // It may have another name as well.
      if (namesIn([entry]).length > 1) this.#add(otherName(entry, repository, tag));
    }
    return entries.length > 0;
  }

  /** Takes away every name that a repository has for a digest, and the entry without a name. False when there is none. */
  deleteDigest(repository: string, digest: Digest): boolean {
    let isFound = false;
    for (const entry of [...(this.#get().digests.get(digest) ?? [])]) {
      const names = namesIn([entry]);
      for (const name of names)
        if (name.repository === repository) isFound = this.deleteTag(repository, name.tag) || isFound;
      if (names.length > 0 || refName(entry) !== undefined) continue;
      this.#drop(entry);
      isFound = true;
    }
    return isFound;
  }

  /** Takes back every change: has the entries that are given. */
  reset(index: LayoutIndex): void {
    this.#index = index;
    this.#entries = new Set(index);
    this.#tables = undefined;
  }

  #get(): Tables {
    this.#tables ??= makeTables(this.#entries);
    return this.#tables;
  }

  #add(entry: Descriptor): void {
    this.#index = undefined;
    this.#entries.add(entry);
    addTo(this.#get(), entry);
  }

  #drop(entry: Descriptor): void {
    this.#index = undefined;
    this.#entries.delete(entry);
    const { digests, names, tags, lists, spellings } = this.#get();
    remove(digests, entry.digest, entry);
    for (const { repository, tag } of namesIn([entry])) {
      remove(names, `${repository}:${tag}`, entry);
      const held = tags.get(repository);
      if (held?.get(tag) !== entry) continue;
      lists.delete(repository);
      // What else has the name comes after it.
      const [next] = names.get(`${repository}:${tag}`) ?? [];
      if (next !== undefined) held.set(tag, next);
      else held.delete(tag);
      if (held.size > 0) continue;
      tags.delete(repository);
      spellings.delete(canonical(repository));
      this.#get().repositories = undefined;
    }
  }
}

interface Tables {
  readonly tags: Map<string, Map<string, Descriptor>>;
  /** What stands first counts, also where an index names something twice. */
  readonly digests: Map<Digest, Set<Descriptor>>;
  /** Entries by `repository:tag`. */
  readonly names: Map<string, Set<Descriptor>>;
  /** In order; made when asked for. */
  repositories: readonly string[] | undefined;
  /** Names of repositories by what they are when written out in full. */
  readonly spellings: Map<string, string>;
  /** Tags in order, of repositories whose tags were asked for. */
  readonly lists: Map<string, readonly string[]>;
}

function makeTables(index: Iterable<Descriptor>): Tables {
  const tables: Tables = {
    tags: new Map(),
    digests: new Map(),
    names: new Map(),
    repositories: undefined,
    spellings: new Map(),
    lists: new Map(),
  };
  for (const entry of index) addTo(tables, entry);
  return tables;
}

function addTo(tables: Tables, entry: Descriptor): void {
  const { tags, digests, names, spellings, lists } = tables;
  put(digests, entry.digest, entry);
  for (const { repository, tag } of namesIn([entry])) {
    put(names, `${repository}:${tag}`, entry);
    const held = tags.get(repository) ?? new Map<string, Descriptor>();
    if (!tags.has(repository)) {
      tags.set(repository, held);
      spellings.set(canonical(repository), repository);
      tables.repositories = undefined;
    }
    if (!held.has(tag)) held.set(tag, entry);
    lists.delete(repository);
  }
}

function otherName(entry: Descriptor, repository: string, tag: string): Descriptor {
  const withOne = withoutImageName(entry);
  const [left] = namesIn([withOne]);
  const isLeft = left !== undefined && (left.repository !== repository || left.tag !== tag);
  const [first] = namesIn([entry]);
  return isLeft || first === undefined ? withOne : namedEntry(first.repository, first.tag, withOne);
}

function put<K>(map: Map<K, Set<Descriptor>>, key: K, entry: Descriptor): void {
  const held = map.get(key);
  if (held === undefined) map.set(key, new Set([entry]));
  else held.add(entry);
}

function remove<K>(map: Map<K, Set<Descriptor>>, key: K, entry: Descriptor): void {
  const held = map.get(key);
  held?.delete(entry);
  if (held?.size === 0) map.delete(key);
}

function canonical(repository: string): string {
  const reference = tryParseReference(repository);
  return reference === undefined ? repository : repositoryOf(reference);
}
