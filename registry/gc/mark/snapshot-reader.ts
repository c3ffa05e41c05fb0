import type { DatabaseSync } from 'node:sqlite';
import { subjectOfTag } from '../../../content/companion-tag.ts';
import { type Digest, isDigest } from '../../../content/digest.ts';
import { eachRow, nullableIn, numberIn, textIn } from '../../store/index/rows.ts';
import type { ContentGraph } from './content-graph.ts';
import { NumberList } from './number-list.ts';
import type { BlobLinks, Companion, HeldManifest, RepositoryContent } from './repository-content.ts';

/** The files behind the digests, and how many repositories hold each (as a blob and as a manifest count twice). */
export interface FileTable {
  /** Bytes; 0 where there is no file. */
  readonly sizes: Float64Array;
  /** 1 where the index says that there is a file. */
  readonly present: Uint8Array;
  readonly links: Int32Array;
}

/** What manifests name. Yields now and then, as all of these do. */
export function* readGraph(database: DatabaseSync): Generator<undefined, ContentGraph> {
  const largest = largestOf(database);
  const starts = new Int32Array(largest + 2);
  const subjects = new Int32Array(largest + 1);
  const known = new Uint8Array(largest + 1);
  const targets = new NumberList();
  yield* eachRow(database, 'SELECT id, subject, known FROM manifests', [], (row) => {
    const id = numberIn(row, 'id');
    subjects[id] = numberIn(row, 'subject');
    known[id] = numberIn(row, 'known');
  });
  let last = 0;
  yield* eachRow(database, 'SELECT holder, target FROM edges ORDER BY holder', [], (row) => {
    const holder = numberIn(row, 'holder');
    starts.fill(targets.length, last + 1, holder + 1);
    last = holder;
    targets.push(numberIn(row, 'target'));
  });
  starts.fill(targets.length, last + 1);
  return { largest, starts, targets: targets.view(), subjects, known };
}

export function* readFiles(database: DatabaseSync): Generator<undefined, FileTable> {
  const largest = largestOf(database);
  const sizes = new Float64Array(largest + 1);
  const present = new Uint8Array(largest + 1);
  const links = new Int32Array(largest + 1);
  const count = (id: number) => {
    links[id] = (links[id] ?? 0) + 1;
  };
  yield* eachRow(database, 'SELECT id, size FROM digests NOT INDEXED WHERE present = 1', [], (row) => {
    const id = numberIn(row, 'id');
    present[id] = 1;
    sizes[id] = numberIn(row, 'size');
  });
  yield* eachRow(database, 'SELECT blob FROM repository_blobs', [], (row) => count(numberIn(row, 'blob')));
  yield* eachRow(database, 'SELECT manifest FROM repository_manifests', [], (row) =>
    count(numberIn(row, 'manifest')),
  );
  return { sizes, present, links };
}

export function repositoryNames(database: DatabaseSync): string[] {
  return database
    .prepare('SELECT name FROM repositories ORDER BY name')
    .all()
    .map((row) => textIn(row, 'name'));
}

export function* readRepository(
  database: DatabaseSync,
  name: string,
): Generator<undefined, RepositoryContent> {
  const id = numberIn(database.prepare('SELECT id FROM repositories WHERE name = ?').get(name), 'id');
  const manifests: HeldManifest[] = [];
  yield* eachRow(
    database,
    'SELECT manifest, at, released, last_tag FROM repository_manifests WHERE repository = ?',
    [id],
    (row) =>
      manifests.push({
        id: numberIn(row, 'manifest'),
        at: numberIn(row, 'at'),
        released: nullableIn(row, 'released'),
        lastTag: textIn(row, 'last_tag') || null,
      }),
  );
  const blobs = yield* readBlobLinks(database, id);
  const tagged = new Set<number>();
  const loose: Omit<Companion, 'subject'>[] = [];
  yield* eachRow(database, 'SELECT name, manifest FROM tags WHERE repository = ?', [id], (row) => {
    const [tag, manifest] = [textIn(row, 'name'), numberIn(row, 'manifest')];
    if (subjectOfTag(tag) === undefined) tagged.add(manifest);
    else loose.push({ tag, manifest });
  });
  const companions: Companion[] = [];
  for (const companion of loose) {
    companions.push({ ...companion, subject: subjectIn(database, id, companion.tag) });
    yield;
  }
  return { name, manifests, blobs, tagged: [...tagged], companions };
}

/** The digest that a number stands for. */
export function digestReader(database: DatabaseSync): (id: number) => Digest | undefined {
  const statement = database.prepare('SELECT digest FROM digests WHERE id = ?');
  return (id) => {
    const digest = textIn(statement.get(id), 'digest');
    return isDigest(digest) ? digest : undefined;
  };
}

function* readBlobLinks(database: DatabaseSync, repository: number): Generator<undefined, BlobLinks> {
  const ids = new NumberList();
  const used = new NumberList();
  const at: number[] = [];
  yield* eachRow(
    database,
    'SELECT blob, at, used FROM repository_blobs WHERE repository = ?',
    [repository],
    (row) => {
      ids.push(numberIn(row, 'blob'));
      used.push(numberIn(row, 'used'));
      at.push(numberIn(row, 'at'));
    },
  );
  return { ids: ids.view(), used: Uint8Array.from(used.view()), at: Float64Array.from(at) };
}

// The manifest of a repository that a companion's tag belongs to; a tag of a sha512 digest has its beginning only.
function subjectIn(database: DatabaseSync, repository: number, tag: string): number {
  const prefix = subjectOfTag(tag) ?? '';
  const row = database
    .prepare(
      `SELECT d.id FROM digests d JOIN repository_manifests m ON m.repository = ? AND m.manifest = d.id
        WHERE d.digest >= ? AND d.digest < ? LIMIT 1`,
    )
    .get(repository, prefix, `${prefix}g`);
  return numberIn(row, 'id');
}

function largestOf(database: DatabaseSync): number {
  return numberIn(database.prepare('SELECT max(id) AS id FROM digests').get(), 'id');
}
