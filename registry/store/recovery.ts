import { type FileHandle, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSize } from '../../content/bytes/blob-file.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { registryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { dump } from './dump.ts';
import type { BlobPool } from './files/blob-pool.ts';
import { fillIndex } from './import/fill-index.ts';
import { importLayout } from './import/layout-import.ts';
import { openLayoutIndex } from './import/layout-names.ts';
import { openSnapshot } from './index/index-database.ts';
import { StoreIndex } from './index/store-index.ts';
import { ChangeLog, type LogPosition } from './log/change-log.ts';
import { LogReader } from './log/log-reader.ts';
import { type WrittenLog, writeLog } from './log/new-log.ts';
import { newIndex, replay } from './replay.ts';

export const LOG_FILE = 'registry.log';
/** In the name of a log's copy whose damaged lines nothing else knew. */
export const LOST_LINES = 'lost-';
const INDEX_FILE = 'index.sqlite';

export interface Recovered {
  readonly index: StoreIndex;
  readonly log: ChangeLog;
}

/**
 * Opens log and index of a store, and rebuilds one from the other where it is lost, damaged or behind.
 * Throws REGISTRY_STORE_DAMAGED when both are lost, LAYOUT_INVALID, DISK_FULL; then nothing was changed for the worse.
 */
export async function recover(pool: BlobPool, clock: () => number, report: Log): Promise<Recovered> {
  const note: Note = (event, detail) => report({ time: new Date(clock()).toISOString(), event, ...detail });
  const paths = { log: join(pool.folder, LOG_FILE), index: join(pool.folder, INDEX_FILE) };
  const open: Open = { index: StoreIndex.open(paths.index), reader: undefined };
  try {
    open.reader = await LogReader.open(paths.log);
    return await recoverFrom(open, { pool, paths, note, now: clock() });
  } catch (error) {
    open.index?.close();
    await open.reader?.close();
    throw error;
  }
}

type Note = (event: string, detail?: Readonly<Record<string, string | number>>) => void;

/** What has to be closed when the rest fails. */
interface Open {
  index: StoreIndex | undefined;
  reader: LogReader | undefined;
}

interface Circumstances {
  readonly pool: BlobPool;
  readonly paths: { readonly log: string; readonly index: string };
  readonly note: Note;
  readonly now: number;
}

async function recoverFrom(open: Open, about: Circumstances): Promise<Recovered> {
  const { index, reader } = open;
  if (index !== undefined && isAhead(index.position, reader)) {
    // The index knows more: the log was lost, or its disk forgot what it had promised to keep.
    const copy = await reader?.keepCopy(`${about.now}`);
    about.note('log-made-anew', copy === undefined ? {} : { copy });
    await reader?.close();
    return await logFromIndex(index, about);
  }
  if (reader === undefined) {
    await refuseLoss(about);
    await using layout = await openLayoutIndex(about.pool.folder);
    if (layout !== undefined) return await bothFromLayout(layout.entries, about);
    open.reader = await firstLog(about);
  }
  return await indexFromLog(open, open.reader ?? (await firstLog(about)), about);
}

// The index is filled with what is on its way to the log: reading all of it again would take as long once more.
async function bothFromLayout(
  layout: Iterable<Descriptor>,
  { pool, paths, now }: Circumstances,
): Promise<Recovered> {
  let log: WrittenLog | undefined;
  try {
    const index = await fillIndex(paths.index, async (changesOf) => {
      log = await writeLog(paths.log, changesOf(importLayout(layout, pool, now)));
      return log.end;
    });
    if (log === undefined) throw new Error('an index was filled without a log');
    return openParts(index, { path: paths.log, file: log.file }, log.end);
  } catch (error) {
    await log?.file.close();
    throw error;
  }
}

async function firstLog({ paths }: Circumstances): Promise<LogReader> {
  const { file } = await writeLog(paths.log, []);
  await file.close();
  const reader = await LogReader.open(paths.log);
  if (reader === undefined) throw new Error('the log that was just written is gone');
  return reader;
}

async function indexFromLog(open: Open, reader: LogReader, about: Circumstances): Promise<Recovered> {
  const { pool, note, paths, now } = about;
  const known = open.index?.position;
  // A log that does not say any more whose it is belongs to the index: no other is ever put in its place.
  const fits =
    known !== undefined &&
    known.generation !== '' &&
    known.generation === (reader.generation ?? known.generation);
  const from = fits ? known : { generation: reader.generation ?? '', offset: reader.end };
  if (!fits) {
    if (reader.generation === undefined && (await reader.isEmpty())) await refuseLoss(about);
    open.index?.close();
    open.index = await newIndex(paths.index);
  }
  const index = open.index ?? (await newIndex(paths.index));
  if (from.offset < reader.size) note('log-replayed', { bytes: reader.size - from.offset });
  await replay(reader, index, pool, from);
  if (reader.damaged > 0 || reader.generation === undefined) {
    // A header says nothing that the index does not know.
    const copy = await reader.keepCopy(`${reader.damaged > 0 ? LOST_LINES : ''}${now}`);
    note('log-damaged', { lines: reader.damaged, copy });
    await reader.close();
    return await logFromIndex(index, about);
  }
  if (reader.end < reader.size) note('log-cut', { bytes: reader.size - reader.end });
  await reader.cutTail();
  return openParts(index, { path: paths.log, file: reader.file }, { ...from, offset: reader.end });
}

/** True when the index says that it knows more of the log than there is. */
function isAhead({ generation, offset }: LogPosition, reader: LogReader | undefined): boolean {
  if (generation === '') return false;
  if (reader === undefined) return true;
  return generation === (reader.generation ?? generation) && offset > reader.size;
}

// An empty store in place of one that lost its memory would have all its blobs collected as garbage.
async function refuseLoss({ pool, paths }: Circumstances): Promise<void> {
  // An index is made after the first log only.
  const wasStore = (await fileSize(paths.index)) !== undefined;
  const isLayout = (await fileSize(join(pool.folder, 'index.json'))) !== undefined;
  if (wasStore || (!isLayout && (await hasBlobs(pool.folder))))
    throw registryError('REGISTRY_STORE_DAMAGED', { subject: pool.folder });
}

async function hasBlobs(folder: string): Promise<boolean> {
  for (const algorithm of ['sha256', 'sha512'])
    for await (const _ of await opendir(join(folder, 'blobs', algorithm))) return true;
  return false;
}

async function logFromIndex(index: StoreIndex, { paths }: Circumstances): Promise<Recovered> {
  const snapshot = openSnapshot(paths.index);
  const written = await writeLog(paths.log, dump(snapshot)).finally(() => snapshot.close());
  try {
    index.moveTo(written.end);
    return openParts(index, { path: paths.log, file: written.file }, written.end);
  } catch (error) {
    await written.file.close();
    throw error;
  }
}

function openParts(
  index: StoreIndex,
  { path, file }: { path: string; file: FileHandle },
  end: LogPosition,
): Recovered {
  return { index, log: new ChangeLog(path, file, end, (entries, to) => index.apply(entries, to)) };
}
