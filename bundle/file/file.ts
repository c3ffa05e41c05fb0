import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { readSpan } from '../../content/bytes/read-span.ts';
import { messageOf } from '../../content/error.ts';
import { bundleError } from '../errors.ts';

/** A file that is read in place, at any offset (bytes). */
export class RandomAccessFile {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #opened: Stats;

  private constructor(path: string, opened: Stats, handle: FileHandle) {
    this.path = path;
    this.size = opened.size;
    this.#opened = opened;
    this.#handle = handle;
  }

  /** Throws BUNDLE_NOT_FOUND, BUNDLE_UNREADABLE. */
  static async open(path: string): Promise<RandomAccessFile> {
    try {
      // A pipe of that name on a stick would be waited for without end.
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stats = await handle.stat();
      if (stats.isFile()) return new RandomAccessFile(path, stats, handle);
      await handle.close();
    } catch (error) {
      if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM'))
        throw bundleError('BUNDLE_UNREADABLE', { subject: path, detail: messageOf(error), cause: error });
      if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error;
    }
    throw bundleError('BUNDLE_NOT_FOUND', { subject: path });
  }

  /** False when another file has taken the name, or none has it any more; this one can still be read. */
  async isInPlace(): Promise<boolean> {
    const found = await stat(this.path).catch(() => undefined);
    return found !== undefined && found.ino === this.#opened.ino && found.dev === this.#opened.dev;
  }

  /** Throws BUNDLE_TRUNCATED when the file ends before these bytes do. */
  checkSpan(offset: number, length: number): void {
    if (offset + length > this.size) throw this.#truncated(this.size);
  }

  /** Throws BUNDLE_TRUNCATED when the file ends before all of it was read, BUNDLE_CORRUPT when it can't be read. */
  async read(offset: number, length: number): Promise<Buffer> {
    // Offsets and lengths come from the file itself: what can't be true must not cost memory.
    this.checkSpan(offset, length);
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle
        .read(buffer, done, length - done, offset + done)
        .catch((error: unknown) => {
          throw this.#translate(error, offset + done);
        });
      if (bytesRead === 0) throw this.#truncated(offset + done);
      done += bytesRead;
    }
    return buffer;
  }

  /** The bytes piece by piece; each piece is the reader's own. Throws as read does. */
  async *stream(offset: number, length: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
    this.checkSpan(offset, length);
    let position = offset;
    try {
      for await (const chunk of readSpan(this.#handle, offset, offset + length, signal)) {
        position += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      throw this.#translate(error, position);
    }
    if (position < offset + length) throw this.#truncated(position);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  // What a worn stick says.
  #translate(cause: unknown, position: number): unknown {
    if (!hasCode(cause, 'EIO')) return cause;
    const detail = `it cannot be read at byte ${position}`;
    return bundleError('BUNDLE_CORRUPT', { subject: this.path, detail, cause });
  }

  #truncated(end: number) {
    return bundleError('BUNDLE_TRUNCATED', { subject: this.path, detail: `it ends at byte ${end}` });
  }
}
