import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { WriteBack } from '../../content/bytes/write-back.ts';
import { writeFully } from '../../content/bytes/write-fully.ts';
import { type Digest, DigestChecker } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';

const READ_BYTES = 256 * 1024;

/**
 * A blob on its way into a file, which many read while it grows: what comes over the line once is sent to all who want it.
 * The last byte is held back from each until all of them hash to the digest, so that no client takes a wrong blob for whole.
 */
export class Download {
  readonly digest: Digest;
  /** Bytes of the whole blob. */
  readonly size: number;
  readonly path: string;
  readonly #file: FileHandle;
  /** This one that writes, and those that read. */
  #users = 1;
  #written = 0;
  #isWhole = false;
  #failure: unknown;
  #grown = Promise.withResolvers<void>();

  private constructor(digest: Digest, size: number, path: string, file: FileHandle) {
    this.digest = digest;
    this.size = size;
    this.path = path;
    this.#file = file;
  }

  static async open(digest: Digest, size: number, path: string): Promise<Download> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC;
    return new Download(digest, size, path, await open(path, flags, 0o600));
  }

  /** Takes the bytes; when it is done they are on the disk. Throws DIGEST_MISMATCH, SIZE_MISMATCH, and as all readers do. */
  async receive(open: () => Promise<AsyncIterable<Uint8Array>>): Promise<void> {
    try {
      const stream = await open();
      const checker = new DigestChecker(this.digest);
      const writeBack = new WriteBack(this.#file);
      for await (const chunk of stream) {
        if (this.#written + chunk.byteLength > this.size)
          throw contentError('SIZE_MISMATCH', {
            subject: this.digest,
            detail: `more than ${this.size} bytes`,
          });
        checker.update(chunk);
        await writeFully(this.#file, chunk, this.#written);
        writeBack.wrote(chunk.byteLength);
        this.#written += chunk.byteLength;
        this.#wake();
      }
      checker.finish(this.digest, this.size);
      this.#isWhole = true;
      this.#wake();
      await writeBack.finish();
    } catch (error) {
      this.#failure = error;
      this.#wake();
      throw error;
    } finally {
      await this.#release();
    }
  }

  /** Whether its file is closed: then it is too late to read from it. */
  get isOver(): boolean {
    return this.#users === 0;
  }

  /** The bytes from `offset` to before `end`, as they come; to be read while it is not over. */
  async *read(offset: number, end: number): AsyncGenerator<Uint8Array> {
    this.#users += 1;
    try {
      for (let at = offset; at < end; ) {
        const ready = this.#isWhole ? end : Math.min(this.#written, end - 1);
        if (ready > at) {
          const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, ready - at));
          const { bytesRead } = await this.#file.read(buffer, 0, buffer.byteLength, at);
          if (bytesRead === 0)
            throw contentError('SIZE_MISMATCH', { subject: this.digest, detail: `${at} bytes` });
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        } else {
          if (this.#failure !== undefined) throw this.#failure;
          await this.#grown.promise;
        }
      }
    } finally {
      await this.#release();
    }
  }

  #wake(): void {
    const { resolve } = this.#grown;
    this.#grown = Promise.withResolvers();
    resolve();
  }

  async #release(): Promise<void> {
    this.#users -= 1;
    if (this.#users === 0) await this.#file.close();
  }
}
