import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDigest } from '../../../content/digest.ts';
import { numberIn, textIn } from '../../store/index/rows.ts';
import type { GcStore } from '../gc-store.ts';
import { freeFiles } from './free-files.ts';

/** Rows that are looked at before others have their turn. */
const WINDOW = 1000;

/** Removes from the index what it still says of manifests that no repository holds, and digests that nothing names. */
export async function dropEmptyRows(
  store: Pick<GcStore, 'files' | 'index' | 'pins'>,
  signal: AbortSignal,
): Promise<void> {
  const { database } = store.index;
  const largest = numberIn(database.prepare('SELECT max(id) AS id FROM digests').get(), 'id');
  const sql = {
    edges: database.prepare(
      `DELETE FROM edges WHERE holder IN (SELECT id FROM manifests WHERE id BETWEEN ?1 AND ?2 AND ${UNHELD})`,
    ),
    manifests: database.prepare(`DELETE FROM manifests WHERE id BETWEEN ?1 AND ?2 AND ${UNHELD}`),
    files: database.prepare(
      `SELECT digest FROM digests WHERE id BETWEEN ?1 AND ?2 AND present = 1 AND ${UNLINKED}`,
    ),
    digests: database.prepare(
      `DELETE FROM digests WHERE id BETWEEN ?1 AND ?2 AND present = 0 AND ${UNLINKED} AND ${UNNAMED}`,
    ),
  };
  await eachWindow(largest, signal, async (from, to) => {
    store.index.atomically(() => {
      sql.edges.run(from, to);
      sql.manifests.run(from, to);
    });
  });
  // The last number is left, so that none is ever given to another digest.
  await eachWindow(largest - 1, signal, async (from, to) => {
    const unlinked = sql.files.all(from, to).map((row) => textIn(row, 'digest'));
    await freeFiles(store, unlinked.filter(isDigest), signal);
    store.index.atomically(() => sql.digests.run(from, to));
  });
}

const UNHELD = 'NOT EXISTS (SELECT 1 FROM repository_manifests r WHERE r.manifest = manifests.id)';
const UNLINKED = `NOT EXISTS (SELECT 1 FROM repository_blobs b WHERE b.blob = digests.id)
  AND NOT EXISTS (SELECT 1 FROM repository_manifests r WHERE r.manifest = digests.id)`;
const UNNAMED = `NOT EXISTS (SELECT 1 FROM manifests m WHERE m.id = digests.id)
  AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.subject = digests.id)
  AND NOT EXISTS (SELECT 1 FROM edges e WHERE e.target = digests.id)
  AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.manifest = digests.id)`;

async function eachWindow(
  largest: number,
  signal: AbortSignal,
  work: (from: number, to: number) => Promise<void>,
): Promise<void> {
  for (let from = 1; from <= largest; from += WINDOW) {
    signal.throwIfAborted();
    await work(from, Math.min(from + WINDOW - 1, largest));
    await nextTurn();
  }
}
