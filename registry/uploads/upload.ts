import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { hasCode } from '../../content/bytes/blob-file.ts';
import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { WriteBack } from '../../content/bytes/write-back.ts';
import { type Algorithm, algorithmOf, type Digest } from '../../content/digest.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { receiveBody } from './receive-body.ts';
import { UploadHash } from './upload-hash.ts';

/** How the body of a request is added to an upload. */
export interface AppendOptions {
  /** The upload may not grow beyond this many bytes. */
  readonly limit: number;
  /** How many bytes the body says it has. */
  readonly length?: number | undefined;
  /** Called when the registry begins (true) or ceases (false) to wait for the client. */
  readonly onWaiting: (waiting: boolean) => void;
  /** Hears how many more bytes are in the file. */
  readonly onWritten?: ((bytes: number) => void) | undefined;
}

export interface UploadFile {
  readonly id: string;
  readonly path: string;
  /** Bytes that are in the file. */
  readonly size: number;
  readonly threads: HashThreads;
}

/** A blob on its way in: a file that grows at its end, and the hash of what it holds. */
export class Upload {
  readonly id: string;
  readonly path: string;
  /** Bytes that are in the file; grows while a body comes in. */
  size: number;
  readonly #threads: HashThreads;
  #hash: UploadHash | undefined;
  #algorithm: Algorithm = 'sha256';
  #turn: { readonly takeOver: AbortController; readonly over: Promise<unknown> } | undefined;
  /** Requests that have their turn or wait for it. */
  #requests = 0;

  constructor({ id, path, size, threads }: UploadFile) {
    this.id = id;
    this.path = path;
    this.size = size;
    this.#threads = threads;
  }

  /** Says which hash will be asked for at the end, so that the bytes needn't be read again then. */
  expect(algorithm: Algorithm | undefined): void {
    this.#algorithm = algorithm ?? this.#algorithm;
  }

  get busy(): boolean {
    return this.#requests > 0;
  }

  /**
   * Runs `work` alone on this upload. Who comes later wins: a client whose connection broke comes back before the
   * registry has noticed, and must not wait for its own ghost. The earlier request sees its signal abort.
   */
  async inTurn<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#requests++;
    try {
      while (this.#turn !== undefined) {
        this.#turn.takeOver.abort();
        await this.#turn.over;
      }
      const takeOver = new AbortController();
      const result = work(takeOver.signal);
      this.#turn = { takeOver, over: result.catch(() => {}) };
      return await result.finally(() => {
        this.#turn = undefined;
      });
    } finally {
      this.#requests--;
    }
  }

  /**
   * Adds a request's body at the end. What came before a connection broke stays and counts. False when the body did not
   * come whole. Throws a ProtocolError (413, 409 when another request took over) or what the disk says.
   */
  async append(request: IncomingMessage, signal: AbortSignal, options: AppendOptions): Promise<boolean> {
    const file = await openUpload(this.path);
    try {
      const hash = this.#hashOf(this.#algorithm);
      hash.expect(this.size, options.length);
      const room = options.limit - this.size;
      const writeBack = new WriteBack(file);
      const received = await receiveBody(request, file, {
        position: this.size,
        room,
        signal,
        onChunk: (chunk) => hash.update(chunk),
        onWritten: (bytes) => {
          this.size += bytes;
          writeBack.wrote(bytes);
          options.onWritten?.(bytes);
          return hash.wrote(this.size);
        },
        onWaiting: options.onWaiting,
      });
      await writeBack.settle().catch((error: unknown) => this.#fail(error));
      if (received.error !== undefined) throw received.error;
      if (received.end === 'too long') throw tooLong(options.limit);
      if (received.end === 'taken over') throw takenOver();
      return received.end === 'whole';
    } finally {
      await file.close();
    }
  }

  /** Drops everything after `size` bytes. */
  async cutTo(size: number): Promise<void> {
    const file = await openUpload(this.path);
    try {
      await file.truncate(size);
    } finally {
      await file.close();
    }
    this.size = size;
    this.forgetHash();
  }

  /** Makes the bytes durable and says whether they hash to `digest`. Throws REGISTRY_HASHING_FAILED. */
  async seal(digest: Digest): Promise<boolean> {
    const file = await openUpload(this.path);
    try {
      const [found, durable] = await Promise.allSettled([
        this.#digest(algorithmOf(digest)),
        this.#makeDurable(file),
      ]);
      if (durable.status === 'rejected') throw durable.reason;
      if (found.status === 'rejected') throw found.reason;
      return found.value === digest;
    } finally {
      await file.close();
    }
  }

  /** The hash will not be continued: not with this upload, or not from what was hashed so far. */
  forgetHash(): void {
    this.#hash?.forget();
    this.#hash = undefined;
  }

  async #makeDurable(file: FileHandle): Promise<void> {
    // A write that failed half way may have left bytes behind the last that counts.
    if ((await file.stat()).size !== this.size) await file.truncate(this.size);
    try {
      await file.datasync();
    } catch (error) {
      // Linux reports a failed write once: the next datasync would succeed, and what was lost is unknown.
      await file.truncate(0);
      this.#fail(error);
    }
  }

  async #digest(algorithm: Algorithm): Promise<Digest> {
    try {
      return await this.#hashOf(algorithm).digest(this.size);
    } catch (error) {
      // On the next try the file is hashed from its beginning.
      this.forgetHash();
      throw error;
    }
  }

  // The file is empty then.
  #fail(error: unknown): never {
    this.size = 0;
    this.forgetHash();
    throw error;
  }

  // After a restart, or for another algorithm, the bytes are read again.
  #hashOf(algorithm: Algorithm): UploadHash {
    if (this.#hash?.algorithm === algorithm) return this.#hash;
    this.forgetHash();
    this.#hash = new UploadHash(this.#threads, this.path, algorithm);
    return this.#hash;
  }
}

// The file goes when another request has finished or cancelled the upload, or when it was too old.
async function openUpload(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) throw new ProtocolError('BLOB_UPLOAD_UNKNOWN', { cause });
    throw cause;
  }
}

function tooLong(limit: number): ProtocolError {
  return new ProtocolError('SIZE_INVALID', {
    status: 413,
    message: `a blob may have at most ${limit} bytes`,
  });
}

function takenOver(): ProtocolError {
  return new ProtocolError('BLOB_UPLOAD_INVALID', {
    status: 409,
    message: 'another request goes on with this upload',
  });
}
