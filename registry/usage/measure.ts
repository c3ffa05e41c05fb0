import type { DatabaseSync } from 'node:sqlite';
import { Marks } from '../gc/mark/marks.ts';
import { readFiles } from '../gc/mark/snapshot-reader.ts';
import type { ContentIndex } from '../store/content-index.ts';
import { eachRow, numberIn, textIn } from '../store/index/rows.ts';
import { inSlices } from '../store/slices.ts';
import type { RepositoryUsage } from './usage-event.ts';

interface Measures {
  readonly repositories: readonly RepositoryUsage[];
  /** Of all files that a repository holds, and of those that several hold. */
  readonly bytes: number;
  readonly sharedBytes: number;
}

/** What each repository holds, by name. Ends soon after the signal aborts. */
export async function measureStore(index: ContentIndex, signal: AbortSignal): Promise<Measures> {
  const snapshot = index.snapshot();
  try {
    return await inSlices(measure(snapshot), signal);
  } finally {
    snapshot.close();
  }
}

/** On a snapshot of an index. Yields now and then. */
function* measure(database: DatabaseSync): Generator<undefined, Measures> {
  const { sizes } = yield* readFiles(database);
  const holders = new Int32Array(sizes.length);
  const lastHolder = new Int32Array(sizes.length);
  const seen = new Marks(sizes.length);
  const repositories: { usage: RepositoryUsage; own: number }[] = [];
  const names = database.prepare('SELECT id, name FROM repositories ORDER BY name').all();
  for (const [index, row] of names.entries()) {
    let bytes = 0;
    seen.clear();
    const take = (id: number) => {
      if (!seen.add(id)) return;
      bytes += sizes[id] ?? 0;
      holders[id] = (holders[id] ?? 0) + 1;
      lastHolder[id] = index;
    };
    const repository = numberIn(row, 'id');
    const count = (table: string) => countIn(database, table, repository);
    for (const sql of [
      'SELECT blob AS id FROM repository_blobs WHERE repository = ?',
      'SELECT manifest AS id FROM repository_manifests WHERE repository = ?',
    ])
      yield* eachRow(database, sql, [repository], (each) => take(numberIn(each, 'id')));
    const [tags, manifests, blobs] = [
      count('tags'),
      count('repository_manifests'),
      count('repository_blobs'),
    ];
    const usage = { repository: textIn(row, 'name'), tags, manifests, blobs, bytes, ownBytes: 0 };
    repositories.push({ usage, own: 0 });
    yield;
  }
  let [bytes, sharedBytes] = [0, 0];
  for (const [id, size] of sizes.entries()) {
    const held = holders[id] ?? 0;
    if (held > 0) bytes += size;
    if (held > 1) sharedBytes += size;
    const owner = held === 1 ? repositories[lastHolder[id] ?? 0] : undefined;
    if (owner !== undefined) owner.own += size;
    if (id % STEPS === 0) yield;
  }
  return {
    repositories: repositories.map(({ usage, own }) => ({ ...usage, ownBytes: own })),
    bytes,
    sharedBytes,
  };
}

const STEPS = 1000;

function countIn(database: DatabaseSync, table: string, repository: number): number {
  return numberIn(
    database.prepare(`SELECT count(*) AS n FROM ${table} WHERE repository = ?`).get(repository),
    'n',
  );
}
