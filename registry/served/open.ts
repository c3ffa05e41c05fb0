import { type FileHandle, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSize } from '../../content/blob-file.ts';
import type { Log } from '../request-log.ts';
import { BlobPool } from './blob-pool.ts';
import { ChangeLog, type LogPosition } from './change-log.ts';
import { dump } from './dump.ts';
import { Holds } from './holds.ts';
import { importLayout } from './layout-import.ts';
import { LogReader } from './log-reader.ts';
import { ManifestCache } from './manifest-cache.ts';
import { writeLog } from './new-log.ts';
import { newIndex, replay } from './replay.ts';
import { ServedStore } from './served-store.ts';
import { openSnapshot, StoreIndex } from './store-index.ts';
import { StoreLock } from './store-lock.ts';

export interface OpenStoreOptions {
  /** Milliseconds since 1970; the system's clock when absent (and for holds one that nobody can set). */
  readonly clock?: (() => number) | undefined;
  /** Told what was mended when the store was opened, and what is found rotten later. */
  readonly report?: Log | undefined;
  /** How long a blob that a client asked about is kept from garbage collection, in milliseconds. */
  readonly holdFor?: number | undefined;
}

const LOG_FILE = 'registry.log';
const INDEX_FILE = 'index.sqlite';
const HOLD_MS = 15 * 60_000;
const CACHE_BYTES = 24 * 1024 * 1024;

/**
 * Opens the store in a folder; an empty one is made where there is none, and an OCI image layout becomes one. After a
 * crash the index is brought up to the log by itself; when either is lost, it is made anew from the other.
 * Throws REGISTRY_STORE_IN_USE, LAYOUT_INVALID, DISK_FULL.
 */
export async function openServedStore(folder: string, options: OpenStoreOptions = {}): Promise<ServedStore> {
  const { clock = Date.now, report = () => {}, holdFor = HOLD_MS } = options;
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const lock = StoreLock.take(folder);
  try {
    const pool = new BlobPool(folder);
    const { log, index } = await recover(pool, clock, report);
    return new ServedStore({
      folder,
      pool,
      index,
      log,
      holds: new Holds(options.clock ?? (() => performance.now()), holdFor),
      manifests: new ManifestCache(CACHE_BYTES),
      clock,
      report,
      release: () => lock.release(),
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Recovered {
  readonly index: StoreIndex;
  readonly log: ChangeLog;
}

type Note = (event: string, detail?: Readonly<Record<string, string | number>>) => void;

async function recover(pool: BlobPool, clock: () => number, report: Log): Promise<Recovered> {
  const note: Note = (event, detail) => report({ time: new Date(clock()).toISOString(), event, ...detail });
  const logPath = join(pool.folder, LOG_FILE);
  const indexPath = join(pool.folder, INDEX_FILE);
  const index = StoreIndex.open(indexPath);
  const reader = await LogReader.open(logPath);
  if (index !== undefined && isAhead(index.position, reader)) {
    // The index knows more: the log was lost, or its disk forgot what it had promised to keep.
    const copy = await reader?.keepCopy(`${clock()}`);
    await reader?.file.close();
    note('log-made-anew', copy === undefined ? {} : { copy });
    return await logFromIndex(logPath, indexPath, index);
  }
  return await indexFromLog(reader ?? (await firstLog(logPath, pool, clock())), {
    index,
    indexPath,
    pool,
    note,
    clock,
  });
}

// Either an empty folder, or an OCI image layout that becomes a store.
async function firstLog(path: string, pool: BlobPool, at: number): Promise<LogReader> {
  const { file } = await writeLog(path, await importLayout(pool, at));
  await file.close();
  const reader = await LogReader.open(path);
  if (reader === undefined) throw new Error('the log that was just written is gone');
  return reader;
}

async function indexFromLog(
  reader: LogReader,
  options: {
    index: StoreIndex | undefined;
    indexPath: string;
    pool: BlobPool;
    note: Note;
    clock: () => number;
  },
): Promise<Recovered> {
  const { pool, note, indexPath } = options;
  const known = options.index?.position;
  const fits = known !== undefined && known.generation === reader.generation;
  if (!fits) options.index?.close();
  const index = fits && options.index !== undefined ? options.index : await newIndex(indexPath);
  const from = fits ? known : { generation: reader.generation ?? '', offset: reader.end };
  if (from.offset < reader.size) note('log-replayed', { bytes: reader.size - from.offset });
  await replay(reader, index, pool, from);
  if (reader.damaged > 0 || reader.generation === undefined) {
    const copy = await reader.keepCopy(`${options.clock()}`);
    await reader.file.close();
    note('log-damaged', { lines: reader.damaged, copy });
    return await logFromIndex(reader.path, indexPath, index);
  }
  await reader.cutTail();
  return openParts(index, { path: reader.path, file: reader.file }, { ...from, offset: reader.end });
}

/** True when the index says that it knows more of the log than there is. */
function isAhead({ generation, offset }: LogPosition, reader: LogReader | undefined): boolean {
  if (generation === '') return false;
  return reader === undefined || (generation === reader.generation && offset > reader.size);
}

async function logFromIndex(path: string, indexPath: string, index: StoreIndex): Promise<Recovered> {
  const snapshot = openSnapshot(indexPath);
  try {
    const { file, end } = await writeLog(path, dump(snapshot));
    index.moveTo(end);
    return openParts(index, { path, file }, end);
  } finally {
    snapshot.close();
  }
}

function openParts(
  index: StoreIndex,
  { path, file }: { path: string; file: FileHandle },
  end: LogPosition,
): Recovered {
  return { index, log: new ChangeLog(path, file, end, (entries, to) => index.apply(entries, to)) };
}

/** True when the folder holds a store of the private registry, rather than a plain OCI image layout. */
export async function isServedStore(folder: string): Promise<boolean> {
  return (await fileSize(join(folder, LOG_FILE))) !== undefined;
}
