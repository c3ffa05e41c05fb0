import { type FileHandle, open, stat } from 'node:fs/promises';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { CHAIN_START, hashOf } from '../../content/chain/chain.ts';
import { messageOf } from '../../content/error.ts';
import { registryError } from '../errors.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { END_BYTES, readAuditEnd } from './audit-end.ts';

export interface AuditLogOptions {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** An audit log in a file; its opener closes it. */
export interface AuditLog extends Audit {
  /** The hash of the last line: noted elsewhere, it shows later that nothing before it was changed. */
  readonly head: string;
  close(): Promise<void>;
}

/**
 * Opens the audit log, or begins it, readable by its owner alone. It is only ever appended to (O_APPEND, so `chattr +a`
 * may be set on it). When the file was moved away, the chain goes on in a new one. Lines are on the disk within a second
 * of being written; the acknowledgement of a change does not wait for that. One process at a time.
 * Throws REGISTRY_AUDIT_UNUSABLE.
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const log = new FileAudit(options);
  try {
    await log.open();
    return log;
  } catch (cause) {
    await log.close().catch(() => undefined);
    throw registryError('REGISTRY_AUDIT_UNUSABLE', {
      subject: options.path,
      detail: messageOf(cause),
      cause,
    });
  }
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Lines that are written at once; each writer waits for its own, so no more wait than there are requests. */
const BATCH = 1000;
/** Milliseconds until written lines are forced onto the disk. */
const SYNC_AFTER = 1000;

class FileAudit implements AuditLog {
  readonly #options: AuditLogOptions;
  readonly #waiting: Waiting[] = [];
  #file: FileHandle | undefined;
  #inode = 0n;
  #head = CHAIN_START;
  #writing: Promise<void> | undefined;
  /** The hash of what was cut short at the end of the file, if anything was. */
  #torn: string | undefined;
  /** The last line has no line feed yet. */
  #isLineOpen = false;
  #isOpenSaid = false;
  /** There is no whole line in the file. */
  #isNew = true;
  #syncing: NodeJS.Timeout | undefined;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  get head(): string {
    return this.#head;
  }

  async open(): Promise<void> {
    await this.#reopen();
    // On a full disk nodes must still be able to pull: the line comes with the first one that there is room for.
    await this.#append([]).catch((error: unknown) => {
      if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EDQUOT')) throw error;
    });
  }

  record(entry: AuditEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#syncing);
    const file = this.#file;
    this.#file = undefined;
    await file?.datasync().finally(() => file.close());
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#append(batch.map(({ entry }) => entry));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    // In the same turn as the last check: an entry that comes after it finds no writer.
    this.#writing = undefined;
  }

  async #append(entries: readonly AuditEntry[]): Promise<void> {
    await this.#followPath();
    const file = this.#file;
    if (file === undefined) throw new Error('the audit log is closed');
    let { head, text } = { head: this.#head, text: this.#isLineOpen ? '\n' : '' };
    const time = new Date(this.#options.clock()).toISOString();
    for (const [index, entry] of [...this.#opening(), ...entries].entries()) {
      const torn = index === 0 ? this.#torn : undefined;
      const line = JSON.stringify({ time, ...entry, torn, prev: head });
      head = hashOf(line);
      text += `${line}\n`;
    }
    try {
      await writeWhole(file, Buffer.from(text));
    } catch (error) {
      // Some of it may be in the file: what comes next is chained to what is really there.
      await this.#readEnd(file);
      throw error;
    }
    [this.#head, this.#torn, this.#isLineOpen] = [head, undefined, false];
    [this.#isOpenSaid, this.#isNew] = [true, false];
    this.#syncing ??= setTimeout(() => {
      this.#syncing = undefined;
      // Where the disk fails, the next line fails too, and that is reported.
      this.#file?.datasync().catch(() => undefined);
    }, SYNC_AFTER).unref();
  }

  // The first line of each file says whether it is the beginning, so that no beginning can be cut off.
  #opening(): AuditEntry[] {
    if (!this.#isOpenSaid) return [{ action: 'open', result: 'done' }];
    return this.#isNew ? [{ action: 'continue', result: 'done' }] : [];
  }

  // logrotate and the like move the file away; the log continues in a new one of the same name.
  async #followPath(): Promise<void> {
    const now = await stat(this.#options.path, { bigint: true }).catch(() => undefined);
    if (this.#file === undefined || now?.ino === this.#inode) return;
    await this.#reopen();
  }

  async #reopen(): Promise<void> {
    const before = this.#file;
    const file = await open(this.#options.path, 'a+', 0o600);
    const { ino } = await file.stat({ bigint: true });
    [this.#file, this.#inode] = [file, ino];
    await this.#readEnd(file);
    await before?.datasync().finally(() => before.close());
  }

  /** Finds what the next line is chained to. An empty file continues where the one before it ended. */
  async #readEnd(file: FileHandle): Promise<void> {
    const { size } = await file.stat();
    if (size === 0) {
      [this.#isLineOpen, this.#isNew] = [false, true];
      return;
    }
    const length = Math.min(size, END_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const { head, torn, isOpen } = readAuditEnd(buffer.subarray(0, bytesRead), size);
    [this.#head, this.#torn, this.#isLineOpen] = [head ?? this.#head, torn, isOpen];
    this.#isNew = head === undefined;
  }
}

async function writeWhole(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.byteLength - offset);
    offset += bytesWritten;
  }
}
