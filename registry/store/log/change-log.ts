import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, translate } from '../../../content/bytes/blob-file.ts';
import { writeFully } from '../../../content/bytes/write-fully.ts';
import type { ManifestFacts } from '../manifests/manifest-facts.ts';
import { formatLine, type Transaction } from './change.ts';
import { NewLog, type Transactions } from './new-log.ts';
import type { StoreLog } from './store-log.ts';

/** Where a reader of the log has come to. */
export interface LogPosition {
  /** Names the file: a rewritten log has another. */
  readonly generation: string;
  /** Bytes from its beginning. */
  readonly offset: number;
}

/** A line of the log, and what is known of the manifest in it. */
export interface Entry {
  readonly changes: Transaction;
  readonly facts?: ManifestFacts | undefined;
}

/** Takes over what has become durable, all of it or nothing: throws when it can't, and then it never happened. */
export type Apply = (entries: readonly Entry[], end: LogPosition) => void;

/** Appends a transaction alone. False, and then it never happened, when `confirm` says no once it is durable. */
export type AppendNow = (entry: Entry, confirm?: () => boolean) => Promise<boolean>;

interface Pending {
  readonly entry: Entry;
  readonly line: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Transactions that share one datasync. */
const MAX_BATCH = 512;

/**
 * The log of a store: what it says is true, and what was acknowledged is in it. Lines are appended, made durable by one
 * datasync for all that wait, and applied; when any of this fails the file is cut back to where it was before.
 */
export class ChangeLog implements StoreLog {
  readonly path: string;
  #file: FileHandle;
  #generation: string;
  #size: number;
  readonly #apply: Apply;
  #pending: Pending[] = [];
  /** Work that wants the log for itself. */
  #tasks: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;
  /** Bytes after `#size` may be in the file: they have to go before anything else is written. */
  #dirty = false;
  /** The file has its name, but a power cut might still bring the one before back. */
  #unsynced = false;
  #closed = false;

  constructor(path: string, file: FileHandle, end: LogPosition, apply: Apply) {
    this.path = path;
    this.#file = file;
    this.#generation = end.generation;
    this.#size = end.offset;
    this.#apply = apply;
  }

  get size(): number {
    return this.#size;
  }

  /** True while the file could not be cut back after a failure; the next append tries again. */
  get hasFailed(): boolean {
    return this.#dirty;
  }

  /** Resolves once the transaction is durable and applied. Throws DISK_FULL or what the disk says; then it never happened. */
  append(entry: Entry): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    const line = lineOf(entry);
    return new Promise((resolve, reject) => {
      this.#pending.push({ entry, line, resolve, reject });
      this.#run();
    });
  }

  /**
   * Runs `work` while nothing else appends: what was appended before is applied, what comes meanwhile waits. So what
   * `work` finds in the index stays as it is, except for what it appends itself.
   */
  exclusively<T>(work: (append: AppendNow) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    return new Promise((resolve, reject) => {
      this.#tasks.push(async () => {
        await work((entry, confirm) => this.#appendNow(entry, confirm)).then(resolve, reject);
      });
      this.#run();
    });
  }

  /**
   * Rewrites the log: `transactions`, which lead to what was true at `from`, and all that was appended since. Others
   * go on appending and wait for the last step only. Throws DISK_FULL; then the log is as it was.
   */
  async rewrite(
    transactions: Transactions,
    from: LogPosition,
    apply: (end: LogPosition) => void,
  ): Promise<void> {
    const next = await NewLog.write(this.path, transactions);
    await this.exclusively(async () => {
      try {
        if (from.generation !== this.#generation)
          throw new Error('the log was written anew by somebody else');
        await next.copy(this.#file, from.offset, this.#size);
        await next.takePlace();
      } catch (error) {
        await next.discard();
        throw translate(error, this.path);
      }
      // From the rename on this is the file that the next start reads, whatever else goes wrong.
      const before = this.#file;
      this.#file = next.file;
      this.#generation = next.generation;
      this.#size = next.size;
      this.#dirty = false;
      this.#unsynced = true;
      await before.close();
      await this.#keepName();
      apply({ generation: next.generation, offset: next.size });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running !== undefined) await this.#running.catch(() => {});
    // What was refused must not come back with the next start, if the disk has come to its senses.
    if (this.#dirty) await this.#cutBack().catch(() => {});
    await this.#file.close();
  }

  #run(): void {
    if (this.#running !== undefined) return;
    const task = this.#tasks.shift() ?? (this.#pending.length > 0 ? () => this.#flush() : undefined);
    if (task === undefined) return;
    // Begun only when it is known that something runs: what it appends at once would start another beside it.
    this.#running = Promise.resolve()
      .then(task)
      .finally(() => {
        this.#running = undefined;
        this.#run();
      });
  }

  async #flush(): Promise<void> {
    const batch = this.#pending.slice(0, MAX_BATCH);
    this.#pending = this.#pending.slice(MAX_BATCH);
    try {
      await this.#write(batch);
    } catch (error) {
      await this.#cutBack().catch(() => {});
      for (const { reject } of batch) reject(translate(error, this.path));
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  async #appendNow(entry: Entry, confirm?: () => boolean): Promise<boolean> {
    try {
      const done = await this.#write([{ entry, line: lineOf(entry) }], confirm);
      if (!done) await this.#cutBack();
      return done;
    } catch (error) {
      await this.#cutBack().catch(() => {});
      throw translate(error, this.path);
    }
  }

  async #write(batch: readonly Pick<Pending, 'entry' | 'line'>[], confirm = () => true): Promise<boolean> {
    if (this.#unsynced) await this.#keepName();
    if (this.#dirty) await this.#cutBack();
    const bytes = Buffer.concat(batch.map(({ line }) => line));
    this.#dirty = true;
    await writeFully(this.#file, bytes, this.#size);
    await this.#file.datasync();
    if (!confirm()) return false;
    const end = { generation: this.#generation, offset: this.#size + bytes.byteLength };
    this.#apply(
      batch.map(({ entry }) => entry),
      end,
    );
    this.#size = end.offset;
    this.#dirty = false;
    return true;
  }

  // A line that was refused must not come back with the next start.
  async #cutBack(): Promise<void> {
    await this.#file.truncate(this.#size);
    await this.#file.datasync();
    this.#dirty = false;
  }

  async #keepName(): Promise<void> {
    await syncFolder(dirname(this.path));
    this.#unsynced = false;
  }
}

function lineOf({ changes }: Entry): Buffer {
  return Buffer.from(formatLine(changes));
}
