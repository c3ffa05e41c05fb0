import type { Descriptor } from '../../../content/descriptor.ts';
import { algorithmOf, type Digest, digestOf } from '../../../content/digest.ts';
import { namesIn } from '../../../content/layout/layout-index.ts';
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

/** What an OCI image layout says, as changes: it becomes a store where it stands, and no blob moves. */
export function importLayout(layout: Iterable<Descriptor>, pool: BlobPool, at: number): Iterable<Entry> {
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
  /** Repositories of every manifest that was taken in; most have one. */
  readonly #homes = new Map<Digest, readonly string[]>();
  /** The list that those share whose one home is a repository: there may be a hundred thousand of them. */
  readonly #alone = new Map<string, readonly string[]>();
  /** By repository. */
  readonly #blobs = new Map<string, Set<Digest>>();

  constructor(pool: BlobPool, at: number) {
    this.#files = new LayoutFiles(pool);
    this.#at = at;
  }

  *entries(layout: Iterable<Descriptor>): Generator<Entry, void> {
    const later: { entry: Descriptor; subject: Digest }[] = [];
    for (const entry of layout) {
      const [name] = namesIn([entry]).filter(({ repository }) => NAME_GRAMMAR.test(repository));
      if (name !== undefined && this.#isIn(name.repository, entry.digest)) {
        yield { changes: [this.#tag(name.repository, name.tag, entry.digest)] };
        continue;
      }
      const parsed = this.#read(entry);
      if (parsed === undefined) continue;
      const { subject } = parsed.facts;
      if (name === undefined && subject !== undefined) {
        later.push({ entry, subject });
        continue;
      }
      const { repository, tag } = name ?? { repository: UNNAMED, tag: bareTag(entry) };
      yield* this.#manifest(parsed, repository, tag);
    }
    // In a layout a referrer belongs to no repository; here it belongs to those that hold its subject.
    for (const { entry, subject } of later) {
      const parsed = this.#read(entry);
      if (parsed === undefined) continue;
      for (const repository of this.#homes.get(subject) ?? [UNNAMED])
        yield* this.#manifest(parsed, repository);
    }
  }

  #isIn(repository: string, digest: Digest): boolean {
    return this.#homes.get(digest)?.includes(repository) === true;
  }

  #settle(digest: Digest, repository: string): void {
    const others = this.#homes.get(digest);
    const alone = this.#alone.get(repository) ?? [repository];
    this.#alone.set(repository, alone);
    this.#homes.set(digest, others === undefined ? alone : [...others, repository]);
  }

  #tag(repository: string, tag: string, digest: Digest): Change {
    return { op: 'tag', repository, tag, digest, at: this.#at };
  }

  /** A manifest with all below it: blobs first, so that every step of the way is whole. */
  *#manifest({ facts, isSound }: Parsed, repository: string, tag?: string): Generator<Entry, void> {
    const { digest, mediaType } = facts;
    const tags = tag === undefined ? [] : [this.#tag(repository, tag, digest)];
    if (this.#isIn(repository, digest)) {
      if (tags.length > 0) yield { changes: tags };
      return;
    }
    this.#settle(digest, repository);
    for (const below of facts.manifests) {
      if (this.#isIn(repository, below)) continue;
      const child = this.#read({ digest: below });
      if (child !== undefined) yield* this.#manifest(child, repository);
    }
    const changes = [...this.#newBlobs(facts, repository)];
    changes.push({ op: 'manifest', repository, digest, mediaType, at: this.#at }, ...tags);
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
  #read({ digest, mediaType, size }: Pick<Descriptor, 'digest'> & Partial<Descriptor>): Parsed | undefined {
    const bytes = this.#files.read(digest, size);
    return bytes && parse(digest, bytes, mediaType);
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
