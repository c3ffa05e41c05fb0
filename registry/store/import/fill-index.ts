import { open, rename, rm } from 'node:fs/promises';
import { FirstIndex } from '../index/first-index.ts';
import { StoreIndex } from '../index/store-index.ts';
import type { Transaction } from '../log/change.ts';
import type { Entry, LogPosition } from '../log/change-log.ts';

type ChangesOf = (entries: Iterable<Entry>) => Iterable<Transaction>;

/**
 * Makes an index where there is none, of all that `write` takes through `changesOf` to a log and says where that ends.
 * It gets its name once it is whole and on the disk: after a crash there is none, or this one.
 */
export async function fillIndex(
  path: string,
  write: (changesOf: ChangesOf) => Promise<LogPosition>,
): Promise<StoreIndex> {
  // Its name is swept at the next start.
  const temporary = `${path}.new`;
  const filled = new FirstIndex(temporary);
  try {
    filled.finish(await write((entries) => filling(filled, entries)));
    await sync(temporary);
    await rename(temporary, path);
  } catch (error) {
    filled.close();
    await rm(temporary, { force: true });
    throw error;
  }
  const index = StoreIndex.open(path, { isFresh: true });
  if (index === undefined) throw new Error(`the index ${path} can't be read though it was just written`);
  return index;
}

function* filling(index: FirstIndex, entries: Iterable<Entry>): Generator<Transaction, void> {
  for (const entry of entries) {
    yield entry.changes;
    index.add(entry);
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
