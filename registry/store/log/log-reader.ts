import { copyFile, type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import { parseLine, parseTransaction, type Transaction } from './change.ts';

const Header = z.object({ log: z.uuid(), version: z.literal(1) });
const CHUNK = 256 * 1024;
/** A longer line is none of ours: a manifest has at most four megabytes, and so has what is said of it. */
const MAX_LINE = 64 * 1024 * 1024;

/** Reads a store's log when the store is opened. */
export class LogReader {
  readonly path: string;
  readonly file: FileHandle;
  readonly size: number;
  /** Undefined when the first line is damaged. */
  readonly generation: string | undefined;
  /** Where the last whole line that was read ends. */
  end: number;
  /** Damaged lines with whole ones after them: a failing disk, not a write that was cut off. */
  damaged = 0;

  private constructor(path: string, file: FileHandle, size: number, header: LogHeader) {
    this.path = path;
    this.file = file;
    this.size = size;
    this.generation = header.generation;
    this.end = header.end;
  }

  /** Undefined when there is no log. */
  static async open(path: string): Promise<LogReader | undefined> {
    const file = await openLog(path);
    if (file === undefined) return undefined;
    try {
      const { size } = await file.stat();
      return new LogReader(path, file, size, await readHeader(file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Every transaction from a byte offset on. Afterwards `end` and `damaged` are known. */
  async *read(from: number = this.end): AsyncGenerator<Transaction> {
    this.end = from;
    let bad = 0;
    for await (const line of linesOf(this.file, from)) {
      const transaction = parseTransaction(line.text);
      if (transaction === undefined) {
        bad++;
        continue;
      }
      this.damaged += bad;
      bad = 0;
      yield transaction;
      this.end = line.end;
    }
  }

  /** True when there is not one transaction that can be read. */
  async isEmpty(): Promise<boolean> {
    for await (const { text } of linesOf(this.file, 0))
      if (parseTransaction(text) !== undefined) return false;
    return true;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** Cuts off a last line that a power cut left half written. It was never acknowledged. */
  async cutTail(): Promise<void> {
    if (this.end >= this.size) return;
    await this.file.truncate(this.end);
    await this.file.datasync();
  }

  /** Keeps a copy beside the log: what can't be read here may be of use to an operator who looks at it by hand. */
  async keepCopy(name: string): Promise<string> {
    const copy = `${this.path}.damaged-${name}`;
    await copyFile(this.path, copy);
    return copy;
  }
}

interface LogHeader {
  readonly generation: string | undefined;
  readonly end: number;
}

async function openLog(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function readHeader(file: FileHandle): Promise<LogHeader> {
  for await (const line of linesOf(file, 0)) {
    const header = Header.safeParse(parseLine(line.text));
    return header.success
      ? { generation: header.data.log, end: line.end }
      : { generation: undefined, end: 0 };
  }
  return { generation: undefined, end: 0 };
}

async function* linesOf(file: FileHandle, start: number): AsyncGenerator<{ text: string; end: number }> {
  let position = start;
  let rest = Buffer.alloc(0);
  for (;;) {
    const buffer = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await file.read(buffer, 0, CHUNK, position + rest.byteLength);
    if (bytesRead === 0 || rest.byteLength > MAX_LINE) return;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let from = 0;
    for (let at = rest.indexOf(10); at !== -1; at = rest.indexOf(10, from)) {
      yield { text: rest.toString('utf8', from, at), end: position + at + 1 };
      from = at + 1;
    }
    position += from;
    rest = rest.subarray(from);
  }
}
