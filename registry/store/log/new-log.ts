import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, translate } from '../../../content/bytes/blob-file.ts';
import { writeFully } from '../../../content/bytes/write-fully.ts';
import { formatLine, type Transaction } from './change.ts';

export type Transactions = Iterable<Transaction> | AsyncIterable<Transaction>;

const CHUNK = 256 * 1024;

/** A log that is written beside the one in use. */
export class NewLog {
  readonly path: string;
  readonly temporary: string;
  readonly file: FileHandle;
  readonly generation: string;
  size = 0;

  private constructor(path: string, temporary: string, file: FileHandle, generation: string) {
    this.path = path;
    this.temporary = temporary;
    this.file = file;
    this.generation = generation;
  }

  /** Throws DISK_FULL. */
  static async write(path: string, transactions: Transactions): Promise<NewLog> {
    const generation = randomUUID();
    const temporary = `${path}.${generation}.new`;
    const log = new NewLog(path, temporary, await open(temporary, 'wx+', 0o600), generation);
    try {
      await log.#writeAll(transactions);
      return log;
    } catch (error) {
      await log.discard();
      throw translate(error, path);
    }
  }

  /** Adds bytes of another log, which are whole lines. */
  async copy(from: FileHandle, start: number, end: number): Promise<void> {
    for (let at = start; at < end; ) {
      const { bytesRead, buffer } = await from.read(Buffer.allocUnsafe(Math.min(CHUNK, end - at)), {
        position: at,
      });
      if (bytesRead === 0) throw new Error('the log is shorter than it was');
      await this.#append(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  async takePlace(): Promise<void> {
    await this.file.sync();
    await rename(this.temporary, this.path);
  }

  async discard(): Promise<void> {
    await this.file.close();
    await rm(this.temporary, { force: true });
  }

  async #writeAll(transactions: Transactions): Promise<void> {
    let lines = [formatLine({ log: this.generation, version: 1 })];
    let held = 0;
    for await (const transaction of transactions) {
      const line = formatLine(transaction);
      lines.push(line);
      held += line.length;
      if (held < CHUNK) continue;
      await this.#append(Buffer.from(lines.join('')));
      lines = [];
      held = 0;
    }
    await this.#append(Buffer.from(lines.join('')));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await writeFully(this.file, bytes, this.size);
    this.size += bytes.byteLength;
  }
}

export interface WrittenLog {
  readonly file: FileHandle;
  readonly end: { readonly generation: string; readonly offset: number };
}

/** Writes a whole log beside its place and moves it there. Throws DISK_FULL; then what was there still is. */
export async function writeLog(path: string, transactions: Transactions): Promise<WrittenLog> {
  const log = await NewLog.write(path, transactions);
  try {
    await log.takePlace();
    await syncFolder(dirname(path));
  } catch (error) {
    await log.discard();
    throw translate(error, path);
  }
  return { file: log.file, end: { generation: log.generation, offset: log.size } };
}
