import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { registryError } from '../errors.ts';

const FILE = 'registry.lock';

/**
 * A store has one process at a time. SQLite knows how to hold a file lock on every system, and the kernel lets go of it
 * when the process ends, however it ends.
 */
export class StoreLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws REGISTRY_STORE_IN_USE. */
  static take(folder: string): StoreLock {
    const database = new DatabaseSync(join(folder, FILE), { timeout: 0 });
    try {
      // Nothing is written: the lock can be had on a full disk too.
      database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      return new StoreLock(database);
    } catch (cause) {
      database.close();
      if (!isBusy(cause)) throw cause;
      throw registryError('REGISTRY_STORE_IN_USE', { subject: folder, cause });
    }
  }

  release(): void {
    this.#database.close();
  }
}

// sqlite.org/rescode.html: SQLITE_BUSY, and its extended codes.
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & 0xff) === 5
  );
}
