import { rm } from 'node:fs/promises';
import type { Digest } from '../../content/digest.ts';
import { checkDigest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { isDiskError } from './check-file.ts';
import type { BlobPool } from './files/blob-pool.ts';
import { StoreIndex } from './index/store-index.ts';
import type { Change, Transaction } from './log/change.ts';
import type { Entry, LogPosition } from './log/change-log.ts';
import type { LogReader } from './log/log-reader.ts';
import { factsOf, type ManifestFacts } from './manifests/manifest-facts.ts';

/** Transactions that are looked up and applied at once. */
const BATCH = 500;

/**
 * Brings the index up to the log: what is missing at its end after a crash, or all of it. Blobs are looked for on the
 * disk and manifests read, so the index says what is really there.
 */
export async function replay(
  reader: LogReader,
  index: StoreIndex,
  pool: BlobPool,
  position: LogPosition,
): Promise<void> {
  const { generation } = position;
  let batch: Transaction[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const missing: Digest[] = [];
    const entries = (await Promise.all(batch.map((changes) => look(changes, pool, missing)))).flat();
    index.apply(entries, { generation, offset: reader.end }, missing);
    batch = [];
  };
  for await (const transaction of reader.read(position.offset)) {
    // Applied before the next is read: `end` then is where the last of them ends.
    if (batch.length >= BATCH) await flush();
    batch.push(transaction);
  }
  await flush();
  index.moveTo({ generation, offset: reader.end });
}

/** An empty index in place of one that can't be used. */
export async function newIndex(path: string): Promise<StoreIndex> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${path}${suffix}`, { force: true });
  return StoreIndex.create(path);
}

// A manifest's facts belong to its entry, so a transaction of several manifests becomes several entries.
async function look(changes: Transaction, pool: BlobPool, missing: Digest[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const change of changes) {
    if (change.op === 'manifest') entries.push({ changes: [change], facts: await readFacts(change, pool) });
    else entries.push({ changes: [change] });
    if (change.op === 'blob' && (await pool.size(change.digest)) !== change.size) missing.push(change.digest);
  }
  return entries;
}

async function readFacts(
  { digest, mediaType }: Extract<Change, { op: 'manifest' }>,
  pool: BlobPool,
): Promise<ManifestFacts | undefined> {
  try {
    const bytes = await pool.read(digest);
    if (bytes === undefined) return undefined;
    checkDigest(digest, bytes, digest);
    return factsOf({ digest, mediaType, bytes }, digest);
  } catch (error) {
    // Rotten, or on a bad sector: what it held on to is unknown now, and the scrub will say so.
    if (isSkerryError(error) || isDiskError(error)) return undefined;
    throw error;
  }
}
