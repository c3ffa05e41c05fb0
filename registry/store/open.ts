import { join } from 'node:path';
import { fileSize } from '../../content/bytes/blob-file.ts';
import type { Log } from '../log.ts';
import { Ballast } from './files/ballast.ts';
import { BlobPool } from './files/blob-pool.ts';
import { makeStoreFolder, sweepStoreFolder } from './files/store-folder.ts';
import { lockStore } from './files/store-lock.ts';
import { asUnusable } from './files/unusable.ts';
import { manifestCache } from './manifests/manifest-cache.ts';
import { Pins } from './pins.ts';
import { PUSH_MS } from './push-time.ts';
import { LOG_FILE, recover } from './recovery.ts';
import { ServedStore } from './served-store.ts';

export interface OpenStoreOptions {
  /** Milliseconds since 1970; the system's clock when absent (and for pins one that can't be set). */
  readonly clock?: (() => number) | undefined;
  /** Hears what was repaired when the store was opened, and what is found corrupt later. */
  readonly report?: Log | undefined;
  /** How long a blob that a client asked about is kept from garbage collection, in milliseconds. */
  readonly pinFor?: number | undefined;
  /** The same for what a client pushed, until a manifest names it. */
  readonly pushFor?: number | undefined;
  /** Bytes of the disk that the store keeps to itself; none when absent, and what it has is given up on a full disk. */
  readonly ballast?: number | undefined;
}

const HOLD_MS = 15 * 60_000;
const CACHE_BYTES = 24 * 1024 * 1024;

/**
 * Opens the store in a folder; an empty one is made where there is none, and an OCI image layout becomes one. After a
 * crash the index is brought up to the log by itself; when either is lost, it is rebuilt from the other.
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
  const { clock = Date.now, report = () => {}, pinFor = HOLD_MS, pushFor = PUSH_MS } = options;
  await makeStoreFolder(folder);
  const lock = lockStore(folder);
  try {
    await sweepStoreFolder(folder);
    const ballast = new Ballast(folder, options.ballast);
    await ballast.trim();
    const manifests = manifestCache(CACHE_BYTES);
    const files = new BlobPool(folder, (digest) => manifests.delete(digest));
    const { log, index } = await recover(files, clock, report);
    return new ServedStore({
      folder,
      files,
      ballast,
      index,
      log,
      pins: new Pins(options.clock ?? (() => performance.now()), { asked: pinFor, pushed: pushFor }),
      manifests,
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
