import { join } from 'node:path';
import { fileSize } from '../../content/blob-file.ts';
import { PUSH_MS } from '../collection/policy.ts';
import type { Log } from '../request-log.ts';
import { Ballast } from './ballast.ts';
import { BlobPool } from './blob-pool.ts';
import { Holds } from './holds.ts';
import { ManifestCache } from './manifest-cache.ts';
import { LOG_FILE, recover } from './recovery.ts';
import { ServedStore } from './served-store.ts';
import { makeStoreFolder, sweepStoreFolder } from './store-folder.ts';
import { lockStore } from './store-lock.ts';
import { asUnusable } from './unusable.ts';

export interface OpenStoreOptions {
  /** Milliseconds since 1970; the system's clock when absent (and for holds one that nobody can set). */
  readonly clock?: (() => number) | undefined;
  /** Told what was mended when the store was opened, and what is found rotten later. */
  readonly report?: Log | undefined;
  /** How long a blob that a client asked about is kept from garbage collection, in milliseconds. */
  readonly holdFor?: number | undefined;
  /** The same for what a client pushed, until a manifest names it. */
  readonly pushFor?: number | undefined;
  /** Bytes of the disk that the store keeps to itself; none when absent, and what it has is given up on a full disk. */
  readonly ballast?: number | undefined;
}

const HOLD_MS = 15 * 60_000;
const CACHE_BYTES = 24 * 1024 * 1024;

/**
 * Opens the store in a folder; an empty one is made where there is none, and an OCI image layout becomes one. After a
 * crash the index is brought up to the log by itself; when either is lost, it is made anew from the other.
 * Throws REGISTRY_STORE_IN_USE, REGISTRY_STORE_UNUSABLE, REGISTRY_STORE_DAMAGED when both are, LAYOUT_INVALID, DISK_FULL.
 */
export async function openServedStore(folder: string, options: OpenStoreOptions = {}): Promise<ServedStore> {
  try {
    return await openStore(folder, options);
  } catch (error) {
    throw asUnusable(error, folder);
  }
}

async function openStore(folder: string, options: OpenStoreOptions): Promise<ServedStore> {
  const { clock = Date.now, report = () => {}, holdFor = HOLD_MS, pushFor = PUSH_MS } = options;
  await makeStoreFolder(folder);
  const lock = lockStore(folder);
  try {
    await sweepStoreFolder(folder);
    const ballast = new Ballast(folder, options.ballast);
    await ballast.trim();
    const pool = new BlobPool(folder);
    const { log, index } = await recover(pool, clock, report);
    return new ServedStore({
      folder,
      pool,
      ballast,
      index,
      log,
      holds: new Holds(options.clock ?? (() => performance.now()), { asked: holdFor, pushed: pushFor }),
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

/** True when the folder holds a store of the private registry, rather than a plain OCI image layout. */
export async function isServedStore(folder: string): Promise<boolean> {
  return (await fileSize(join(folder, LOG_FILE))) !== undefined;
}
