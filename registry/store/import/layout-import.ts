import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import type { Descriptor } from '../../../content/descriptor.ts';
import { algorithmOf, type Digest, digestOf } from '../../../content/digest.ts';
import { type LayoutIndex, namesIn, parseIndex } from '../../../content/layout/layout-index.ts';
import { parseManifestOfAnyType } from '../../../content/manifest.ts';
import { isManifestType } from '../../../content/media-type.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR } from '../../../content/reference.ts';
import type { BlobPool } from '../files/blob-pool.ts';
import type { Change } from '../log/change.ts';
import type { Entry } from '../log/change-log.ts';
import { factsIn, type ManifestFacts } from '../manifests/manifest-facts.ts';
import { LayoutFiles } from './layout-files.ts';

/** Where manifests go that an `index.json` names without a repository, or with one that no registry can serve. */
const UNNAMED = 'imported';
/** Manifests that are kept parsed: one may have many tags, which mostly stand beside each other. */
const MOST_PARSED = 2000;

/** What the `index.json` of an OCI image layout in a folder names; undefined when there is none. Throws LAYOUT_INVALID. */
export async function readLayoutIndex(folder: string): Promise<LayoutIndex | undefined> {
  try {
    return parseIndex(await readFile(join(folder, 'index.json'), 'utf8'), folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** What an OCI image layout says, as changes: it becomes a store where it stands, and no blob moves. */
export function importLayout(layout: LayoutIndex, pool: BlobPool, at: number): Iterable<Entry> {
  return new LayoutImport(pool, at).entries(layout);
}

interface Parsed {
  readonly facts: ManifestFacts;
  /** Its bytes are those of its digest. */
  readonly isSound: boolean;
}

class LayoutImport {
  readonly #files: LayoutFiles;
  readonly #at: number;
  readonly #parsed = new LRUCache<Digest, Parsed>({ max: MOST_PARSED });
  /** Repositories of every manifest that was taken in; most have one. */
  readonly #homes = new Map<Digest, readonly string[]>();
  /** By repository. */
  readonly #blobs = new Map<string, Set<Digest>>();

  constructor(pool: BlobPool, at: number) {
    this.#files = new LayoutFiles(pool);
    this.#at = at;
  }

  *entries(layout: LayoutIndex): Generator<Entry, void> {
    const later: { digest: Digest; said: string; subject: Digest }[] = [];
    for (const entry of layout) {
      const { digest, mediaType: said } = entry;
      const parsed = this.#read(digest, said);
      if (parsed === undefined) continue;
      const { subject } = parsed.facts;
      const [name] = namesIn([entry]).filter(({ repository }) => NAME_GRAMMAR.test(repository));
      if (name === undefined && subject !== undefined) {
        later.push({ digest, said, subject });
        continue;
      }
      const { repository, tag } = name ?? { repository: UNNAMED, tag: bareTag(entry) };
      yield* this.#manifest(parsed, repository);
      if (tag !== undefined) yield { changes: [{ op: 'tag', repository, tag, digest, at: this.#at }] };
    }
    // In a layout a referrer belongs to no repository; here it belongs to those that hold its subject.
    for (const { digest, said, subject } of later) {
      const parsed = this.#read(digest, said);
      if (parsed === undefined) continue;
      for (const repository of this.#homes.get(subject) ?? [UNNAMED])
        yield* this.#manifest(parsed, repository);
    }
  }

  /** A manifest with all below it: blobs first, so that every step of the way is whole. */
  *#manifest({ facts, isSound }: Parsed, repository: string): Generator<Entry, void> {
    const { digest, mediaType } = facts;
    const homes = this.#homes.get(digest) ?? [];
    if (homes.includes(repository)) return;
    this.#homes.set(digest, [...homes, repository]);
    for (const below of facts.manifests) {
      const child = this.#read(below);
      if (child !== undefined) yield* this.#manifest(child, repository);
    }
    const changes = [...this.#newBlobs(facts, repository)];
    changes.push({ op: 'manifest', repository, digest, mediaType, at: this.#at });
    // What a corrupt one holds on to is unknown; the scrub will say so.
    yield { changes, facts: isSound ? facts : undefined };
  }

  *#newBlobs({ blobs }: ManifestFacts, repository: string): Generator<Change, void> {
    const there = this.#blobs.get(repository) ?? new Set();
    this.#blobs.set(repository, there);
    for (const digest of blobs) {
      const size = this.#files.size(digest);
      if (size === undefined || there.has(digest)) continue;
      there.add(digest);
      yield { op: 'blob', repository, digest, size, at: this.#at };
    }
  }

  // A layout may name things of any kind; what is no manifest stays in the folder as it is.
  #read(digest: Digest, said?: string): Parsed | undefined {
    const known = this.#parsed.get(digest);
    if (known !== undefined) return known;
    const bytes = this.#files.read(digest);
    const parsed = bytes && parse(digest, bytes, said);
    if (parsed !== undefined) this.#parsed.set(digest, parsed);
    return parsed;
  }
}

function parse(digest: Digest, bytes: Buffer, said: string | undefined): Parsed | undefined {
  try {
    const content = parseManifestOfAnyType(bytes, digest, said);
    const { mediaType } = content;
    if (!isManifestType(mediaType)) return undefined;
    const isSound = digestOf(bytes, algorithmOf(digest)) === digest;
    return { facts: factsIn({ digest, mediaType, bytes }, content), isSound };
  } catch {
    return undefined;
  }
}

// Other tools write the tag alone, e.g. `latest`.
function bareTag(entry: Descriptor): string | undefined {
  const name = entry.annotations?.['org.opencontainers.image.ref.name'];
  return name !== undefined && TAG_GRAMMAR.test(name) ? name : undefined;
}
