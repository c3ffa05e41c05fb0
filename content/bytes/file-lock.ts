import { DatabaseSync } from 'node:sqlite';

/**
 * A file that one holder has at a time, in this process or another. SQLite knows how to hold a file lock on every system,
 * and the kernel releases it when the process ends, however it ends. The file stays, and is empty.
 */
export class FileLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Undefined when another process has it. */
  static take(path: string): FileLock | undefined {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      // Nothing is written: the lock can be had on a full disk too.
      database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      return new FileLock(database);
    } catch (error) {
      database.close();
      if (!isBusy(error)) throw error;
      return undefined;
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
