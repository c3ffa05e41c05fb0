import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { moveIntoPlace, translate } from '../../content/blob-file.ts';
import { writeFully } from '../../content/write-fully.ts';
import { formatLine, type Transaction } from './change.ts';
import type { ManifestFacts } from './manifest-facts.ts';

/** Where a reader of the log has come to. */
export interface LogPosition {
  /** Names the file: a log that was written anew has another. */
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

type Transactions = Iterable<Transaction> | AsyncIterable<Transaction>;

interface Pending {
  readonly entry: Entry;
  readonly line: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const CHUNK = 256 * 1024;
/** Transactions that share one datasync. */
const MAX_BATCH = 512;

/**
 * The log of a store: what it says is true, and what was acknowledged is in it. Lines are appended, made durable by one
 * datasync for all that wait, and applied; when any of this fails the file is cut back to where it was before.
 */
export class ChangeLog {
  readonly path: string;
  #file: FileHandle;
  #generation: string;
  #size: number;
  readonly #apply: Apply;
  #pending: Pending[] = [];
  #running: Promise<void> | undefined;
  /** Bytes after `#size` may be in the file: they have to go before anything else is written. */
  #dirty = false;
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
  get wounded(): boolean {
    return this.#dirty;
  }

  /** Resolves once the transaction is durable and applied. Throws DISK_FULL or what the disk says; then it never happened. */
  append(entry: Entry): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    const line = Buffer.from(formatLine(entry.changes));
    return new Promise((resolve, reject) => {
      this.#pending.push({ entry, line, resolve, reject });
      this.#run();
    });
  }

  /** Writes the log anew, with only what `transactions` gives. What is appended meanwhile waits. */
  async rewrite(transactions: () => Transactions, apply: (end: LogPosition) => void): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    this.#running = this.#rewrite(transactions, apply).finally(() => {
      this.#running = undefined;
      this.#run();
    });
    await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running !== undefined) await this.#running.catch(() => {});
    await this.#file.close();
  }

  #run(): void {
    if (this.#running !== undefined || this.#pending.length === 0) return;
    this.#running = this.#flush().finally(() => {
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

  async #write(batch: readonly Pending[]): Promise<void> {
    if (this.#dirty) await this.#cutBack();
    const bytes = Buffer.concat(batch.map(({ line }) => line));
    this.#dirty = true;
    await writeFully(this.#file, bytes, this.#size);
    await this.#file.datasync();
    const end = { generation: this.#generation, offset: this.#size + bytes.byteLength };
    this.#apply(
      batch.map(({ entry }) => entry),
      end,
    );
    this.#size = end.offset;
    this.#dirty = false;
  }

  // A line that was refused must not come back with the next start.
  async #cutBack(): Promise<void> {
    await this.#file.truncate(this.#size);
    await this.#file.datasync();
    this.#dirty = false;
  }

  async #rewrite(transactions: () => Transactions, apply: (end: LogPosition) => void): Promise<void> {
    const { file, end } = await writeLog(this.path, transactions());
    apply(end);
    await this.#file.close();
    this.#file = file;
    this.#generation = end.generation;
    this.#size = end.offset;
    this.#dirty = false;
  }
}

/** Writes a whole log beside its place and moves it there. Throws DISK_FULL; then what was there still is. */
export async function writeLog(
  path: string,
  transactions: Transactions,
): Promise<{ file: FileHandle; end: LogPosition }> {
  const generation = randomUUID();
  const temporary = `${path}.${generation}.new`;
  const file = await open(temporary, 'wx+', 0o600);
  try {
    let offset = 0;
    let lines = [formatLine({ log: generation, version: 1 })];
    let held = 0;
    const flush = async () => {
      const bytes = Buffer.from(lines.join(''));
      await writeFully(file, bytes, offset);
      offset += bytes.byteLength;
      lines = [];
      held = 0;
    };
    for await (const transaction of transactions) {
      const line = formatLine(transaction);
      lines.push(line);
      held += line.length;
      if (held >= CHUNK) await flush();
    }
    await flush();
    await file.sync();
    await moveIntoPlace(temporary, path);
    return { file, end: { generation, offset } };
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw translate(error, path);
  }
}
