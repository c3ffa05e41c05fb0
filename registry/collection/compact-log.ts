import type { DatabaseSync } from 'node:sqlite';
import { dump } from '../served/dump.ts';
import type { ServedStoreParts } from '../served/served-store.ts';
import { openSnapshot } from '../served/store-index.ts';
import { numberIn, textIn } from './rows.ts';

/** Bytes of a log before and after it was written anew. */
export interface LogSizes {
  readonly before: number;
  readonly after: number;
}

const SMALL = 4 * 1024 * 1024;
/** A log that is this many times as long as it has to be is written anew. */
const TIMES = 3;
/** Bytes of a line in such a log, roughly. */
const LINE = 170;

/** Writes the log anew when most of it is about what is no more; pushes go on. Undefined when it is fine. Throws DISK_FULL. */
export async function compactLog(
  { log, index }: ServedStoreParts,
  small = SMALL,
): Promise<LogSizes | undefined> {
  const before = log.size;
  if (before <= small) return undefined;
  const snapshot = openSnapshot(index.path);
  try {
    if (before <= TIMES * LINE * linesOf(snapshot)) return undefined;
    const row = snapshot.prepare('SELECT generation, position FROM state').get();
    const from = { generation: textIn(row, 'generation'), offset: numberIn(row, 'position') };
    await log.rewrite(dump(snapshot), from, (end) => index.moveTo(end));
    return { before, after: log.size };
  } finally {
    snapshot.close();
  }
}

function linesOf(database: DatabaseSync): number {
  const row = database
    .prepare(
      `SELECT (SELECT count(*) FROM repository_blobs) + (SELECT count(*) FROM repository_manifests)
         + (SELECT count(*) FROM tags) AS lines`,
    )
    .get();
  return numberIn(row, 'lines');
}
