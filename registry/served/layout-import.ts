import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../content/blob-file.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';
import { namesIn, parseIndex } from '../../content/layout-index.ts';
import { mediaTypeOfManifest } from '../../content/manifest.ts';
import { isManifestType } from '../../content/media-type.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR } from '../../content/reference.ts';
import type { BlobPool } from './blob-pool.ts';
import type { Change, Transaction } from './change.ts';
import { factsOf, type ManifestFacts } from './manifest-facts.ts';

/** Where manifests go that an `index.json` names without a repository, or with one that no registry can serve. */
const UNNAMED = 'imported';

/**
 * What an OCI image layout in a folder says, as changes: the layout becomes a store where it stands, and no blob moves.
 * Nothing when there is no `index.json`. Throws LAYOUT_INVALID.
 */
export async function importLayout(pool: BlobPool, at: number): Promise<Transaction[]> {
  const text = await readIndexJson(pool.folder);
  if (text === undefined) return [];
  const read = (digest: Digest, said: string) => readFacts(pool, digest, said);
  const entries = parseIndex(text, pool.folder);
  const transactions: Transaction[] = [];
  const homes = new Map<Digest, Set<string>>();
  const later: { entry: Descriptor; facts: ManifestFacts }[] = [];
  for (const entry of entries) {
    const facts = await read(entry.digest, entry.mediaType);
    if (facts === undefined) continue;
    const [name] = namesIn([entry]).filter(({ repository }) => NAME_GRAMMAR.test(repository));
    if (name === undefined && facts.subject !== undefined) {
      later.push({ entry, facts });
      continue;
    }
    const { repository, tag } = name ?? { repository: UNNAMED, tag: bareTag(entry) };
    const changes = await changesOf(facts, { repository, at, pool, read, homes });
    transactions.push(...changes, ...tagged(repository, tag, entry.digest, at));
  }
  // In a layout a referrer belongs to no repository; here it belongs to those that hold its subject.
  for (const { facts } of later) {
    const repositories = homes.get(facts.subject ?? facts.digest) ?? [UNNAMED];
    for (const repository of repositories)
      transactions.push(...(await changesOf(facts, { repository, at, pool, read, homes })));
  }
  return transactions;
}

interface Home {
  readonly repository: string;
  readonly at: number;
  readonly pool: BlobPool;
  readonly read: (digest: Digest, said: string) => Promise<ManifestFacts | undefined>;
  /** Repositories of every manifest that was taken in. */
  readonly homes: Map<Digest, Set<string>>;
}

/** A manifest with all below it: blobs first, so that every step of the way is whole. */
async function changesOf(facts: ManifestFacts, home: Home): Promise<Transaction[]> {
  const { repository, at, pool, homes } = home;
  const known = homes.get(facts.digest) ?? new Set();
  if (known.has(repository)) return [];
  homes.set(facts.digest, known.add(repository));
  const below: Transaction[] = [];
  for (const digest of facts.manifests) {
    const child = await home.read(digest, '');
    if (child !== undefined) below.push(...(await changesOf(child, home)));
  }
  const blobs: Change[] = [];
  for (const digest of new Set(facts.blobs)) {
    const size = await pool.size(digest);
    if (size !== undefined) blobs.push({ op: 'blob', repository, digest, size, at });
  }
  const { digest, mediaType } = facts;
  return [...below, [...blobs, { op: 'manifest', repository, digest, mediaType, at }]];
}

function tagged(repository: string, tag: string | undefined, digest: Digest, at: number): Transaction[] {
  return tag === undefined ? [] : [[{ op: 'tag', repository, tag, digest, at }]];
}

// Other tools write the tag alone, e.g. `latest`.
function bareTag(entry: Descriptor): string | undefined {
  const name = entry.annotations?.['org.opencontainers.image.ref.name'];
  return name !== undefined && TAG_GRAMMAR.test(name) ? name : undefined;
}

async function readFacts(pool: BlobPool, digest: Digest, said: string): Promise<ManifestFacts | undefined> {
  const bytes = await pool.read(digest);
  if (bytes === undefined) return undefined;
  try {
    const mediaType = mediaTypeOfManifest(bytes, digest, said === '' ? undefined : said);
    return isManifestType(mediaType) ? factsOf({ digest, mediaType, bytes }, digest) : undefined;
  } catch {
    // A layout may name things of any kind; what is no manifest stays in the folder as it is.
    return undefined;
  }
}

async function readIndexJson(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, 'index.json'), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
