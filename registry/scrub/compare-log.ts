import { hash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import { dump } from '../store/dump.ts';
import { TEMPORARY_FOLDER } from '../store/files/store-folder.ts';
import { StoreIndex } from '../store/index/store-index.ts';
import type { Change } from '../store/log/change.ts';
import type { Entry, LogPosition } from '../store/log/change-log.ts';
import { LogReader } from '../store/log/log-reader.ts';
import type { ServedStore } from '../store/served-store.ts';

/** What came of comparing the log of a store with its index. */
export type LogComparison =
  | { readonly is: 'equal' }
  /** Lines that can't be read, with others after them: the index still knows what they said. */
  | { readonly is: 'damaged'; readonly lines: number }
  | { readonly is: 'different'; readonly detail: string };

const State = z
  .object({ generation: z.string(), position: z.int() })
  .transform(({ generation, position }): LogPosition => ({ generation, offset: position }));
const BATCH = 100;
const ROWS = 300;
const RETRIES = 5;

/**
 * Makes an index of the log alone, in a file of its own, and compares what it says (who holds what, under which tags)
 * with what the index in use says. Both are taken as they were at one moment; the store stays in use.
 */
export async function compareLog(
  store: Pick<ServedStore, 'folder' | 'log' | 'index'>,
  signal: AbortSignal,
): Promise<LogComparison> {
  for (let attempt = 1; ; attempt++) {
    const snapshot = store.index.snapshot();
    try {
      const reader = await readerOf(store, snapshot);
      if (reader !== undefined) return await compare(store.folder, snapshot, reader, signal);
    } finally {
      snapshot.close();
    }
    // Just then the log was rewritten.
    if (attempt === RETRIES) return { is: 'different', detail: 'the index does not belong to the log' };
    await breathe();
  }
}

/** Rewrites the log from the index, and keeps a copy of the damaged one beside it; the path of that. */
export async function mendLog({
  log,
  index,
  clock,
}: Pick<ServedStore, 'log' | 'index' | 'clock'>): Promise<string> {
  const reader = await LogReader.open(log.path);
  const copy = (await reader?.keepCopy(`${clock()}`)) ?? log.path;
  await reader?.file.close();
  const snapshot = index.snapshot();
  try {
    await log.rewrite(dump(snapshot), positionOf(snapshot), (end) => index.moveTo(end));
  } finally {
    snapshot.close();
  }
  return copy;
}

function positionOf(snapshot: DatabaseSync): LogPosition {
  return State.parse(snapshot.prepare('SELECT generation, position FROM state').get());
}

async function readerOf(
  { log }: Pick<ServedStore, 'log'>,
  snapshot: DatabaseSync,
): Promise<LogReader | undefined> {
  const { generation } = positionOf(snapshot);
  const reader = await LogReader.open(log.path);
  if (reader?.generation === generation) return reader;
  await reader?.file.close();
  return undefined;
}

async function compare(
  folder: string,
  snapshot: DatabaseSync,
  reader: LogReader,
  signal: AbortSignal,
): Promise<LogComparison> {
  const path = join(folder, TEMPORARY_FOLDER, `check-${randomUUID()}.sqlite`);
  const made = StoreIndex.create(path);
  try {
    made.database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -2000');
    const lines = await replayInto(made, reader, positionOf(snapshot).offset, signal);
    if (lines > 0) return { is: 'damaged', lines };
    return difference(await fingerprints(made.database, signal), await fingerprints(snapshot, signal));
  } finally {
    made.close();
    await reader.file.close();
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${path}${suffix}`, { force: true });
  }
}

// What manifests hold on to is left out: that is compared with their bytes, when those are read.
async function replayInto(
  index: StoreIndex,
  reader: LogReader,
  position: number,
  signal: AbortSignal,
): Promise<number> {
  let entries: Entry[] = [];
  const flush = () => {
    index.apply(entries, { generation: '', offset: 0 });
    entries = [];
  };
  for await (const changes of reader.read()) {
    // The end of the line before: this one came after the moment.
    if (reader.end >= position) break;
    entries.push({ changes });
    if (entries.length < BATCH) continue;
    signal.throwIfAborted();
    flush();
    await breathe();
  }
  flush();
  return reader.damaged + (reader.end < position ? 1 : 0);
}

type Fingerprints = Record<'blob' | 'manifest' | 'tag', Fingerprint>;

interface Fingerprint {
  rows: number;
  /** Sum of the rows' hashes: the same rows give the same, in any order. */
  sum: number;
}

const HASH_BYTES = 6;

async function fingerprints(database: DatabaseSync, signal: AbortSignal): Promise<Fingerprints> {
  const found: Fingerprints = {
    blob: { rows: 0, sum: 0 },
    manifest: { rows: 0, sum: 0 },
    tag: { rows: 0, sum: 0 },
  };
  let rows = 0;
  for (const [change] of dump(database)) {
    if (change === undefined) continue;
    if (change.op === 'blob' || change.op === 'manifest' || change.op === 'tag')
      add(found[change.op], change);
    if (++rows % ROWS !== 0) continue;
    signal.throwIfAborted();
    await breathe();
  }
  return found;
}

function add(fingerprint: Fingerprint, change: Change): void {
  const bytes = hash('sha1', textOf(change), 'buffer');
  fingerprint.rows++;
  fingerprint.sum = (fingerprint.sum + bytes.readUIntBE(0, HASH_BYTES)) % 2 ** (8 * HASH_BYTES);
}

// Without what follows from the blobs and not from the log.
function textOf(change: Change): string {
  const { op, repository, at } = change;
  const more = change.op === 'manifest' ? change.mediaType : change.op === 'tag' ? change.tag : '';
  const digest = 'digest' in change ? change.digest : '';
  return JSON.stringify([op, repository, digest, more, at]);
}

const TABLES = [
  ['blob', 'blobs held by repositories'],
  ['manifest', 'manifests held by repositories'],
  ['tag', 'tags'],
] as const;

function difference(log: Fingerprints, index: Fingerprints): LogComparison {
  const different = TABLES.filter(
    ([op]) => log[op].rows !== index[op].rows || log[op].sum !== index[op].sum,
  ).map(([op, name]) => `${name}: ${log[op].rows} in the log, ${index[op].rows} in the index`);
  return different.length === 0 ? { is: 'equal' } : { is: 'different', detail: different.join('; ') };
}
