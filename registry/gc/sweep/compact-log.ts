import type { DatabaseSync } from 'node:sqlite';
import { dump } from '../../store/dump.ts';
import { numberIn, textIn } from '../../store/index/rows.ts';
import type { GcStore } from '../gc-store.ts';

/** Bytes of a log before and after it was compacted. */
export interface LogSizes {
  readonly before: number;
  readonly after: number;
}

const SMALL = 4 * 1024 * 1024;
/** A log that is this many times as long as it has to be is compacted. */
const TIMES = 3;
/** Bytes of a line in such a log, roughly. */
const LINE = 170;

/** Compacts the log when most of it is about content that is gone; pushes continue. Undefined when it is short enough. Throws DISK_FULL. */
export async function compactLog(
  { log, index }: Pick<GcStore, 'log' | 'index'>,
  small = SMALL,
): Promise<LogSizes | undefined> {
  const before = log.size;
  if (before <= small) return undefined;
  const snapshot = index.snapshot();
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
