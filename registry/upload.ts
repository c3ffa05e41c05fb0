import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { hasCode } from '../content/blob-file.ts';
import { type Algorithm, algorithmOf, type Digest } from '../content/digest.ts';
import { WriteBack } from '../content/write-back.ts';
import { ProtocolError } from './protocol-error.ts';
import { receiveBody } from './receive-body.ts';

/** How the body of a request is added to an upload. */
export interface AppendOptions {
  /** The upload may not grow beyond this many bytes. */
  readonly limit: number;
  /** Told whenever the registry begins (true) or ceases (false) to wait for the client. */
  readonly onWaiting: (waiting: boolean) => void;
  /** Told how many more bytes are in the file. */
  readonly onWritten?: ((bytes: number) => void) | undefined;
}

/** A blob on its way in: a file that grows at its end, and the hash of what it holds. */
export class Upload {
  readonly id: string;
  readonly path: string;
  /** Bytes that are in the file; grows while a body comes in. */
  size: number;
  /** Covers exactly the first `covered` bytes; of no use when that is not `size`. */
  #hash: { readonly algorithm: Algorithm; readonly state: Hash; covered: number } | undefined;
  #algorithm: Algorithm = 'sha256';
  #turn: { readonly takeOver: AbortController; readonly over: Promise<unknown> } | undefined;

  constructor(id: string, path: string, size: number) {
    this.id = id;
    this.path = path;
    this.size = size;
  }

  /** Says which hash will be asked for at the end, so that the bytes needn't be read again then. */
  expect(algorithm: Algorithm | undefined): void {
    this.#algorithm = algorithm ?? this.#algorithm;
  }

  get busy(): boolean {
    return this.#turn !== undefined;
  }

  /**
   * Runs `work` alone on this upload. Who comes later wins: a client whose connection broke comes back before the
   * registry has noticed, and must not wait for its own ghost. The earlier request sees its signal abort.
   */
  async inTurn<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    while (this.#turn !== undefined) {
      this.#turn.takeOver.abort();
      await this.#turn.over;
    }
    const takeOver = new AbortController();
    const result = work(takeOver.signal);
    const turn = { takeOver, over: result.catch(() => {}) };
    this.#turn = turn;
    try {
      return await result;
    } finally {
      this.#turn = undefined;
    }
  }

  /**
   * Adds a request's body at the end. What came before a connection broke stays and counts. False when the body did not
   * come whole. Throws a ProtocolError (413, 409 when another request took over) or what the disk says.
   */
  async append(request: IncomingMessage, signal: AbortSignal, options: AppendOptions): Promise<boolean> {
    const file = await openUpload(this.path);
    try {
      const hash = await this.#hashOf(file, this.#algorithm);
      const room = options.limit - this.size;
      const writeBack = new WriteBack(file);
      const received = await receiveBody(request, file, {
        position: this.size,
        room,
        signal,
        onChunk: (chunk) => hash.state.update(chunk),
        onWritten: (bytes) => {
          this.size += bytes;
          writeBack.wrote(bytes);
          options.onWritten?.(bytes);
        },
        onWaiting: options.onWaiting,
      });
      hash.covered = received.hashed === received.bytes ? this.size : -1;
      await writeBack.settle().catch((error: unknown) => this.#spoil(error));
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
    this.#hash = undefined;
  }

  /** Makes the bytes durable and says whether they hash to `digest`. */
  async seal(digest: Digest): Promise<boolean> {
    const file = await openUpload(this.path);
    try {
      const hash = await this.#hashOf(file, algorithmOf(digest));
      const right = `${hash.algorithm}:${hash.state.copy().digest('hex')}` === digest;
      if (!right) return false;
      // A write that failed half way may have left bytes behind the last that counts.
      if ((await file.stat()).size !== this.size) await file.truncate(this.size);
      await file.datasync();
      return true;
    } finally {
      await file.close();
    }
  }

  // The file is empty then.
  #spoil(error: unknown): never {
    this.size = 0;
    this.#hash = undefined;
    throw error;
  }

  // After a restart, a full disk or for another algorithm, the bytes are read again.
  async #hashOf(file: FileHandle, algorithm: Algorithm) {
    if (this.#hash?.algorithm === algorithm && this.#hash.covered === this.size) return this.#hash;
    const state = createHash(algorithm);
    const covered = await hashFile(file, state, this.size);
    this.#hash = { algorithm, state, covered };
    return this.#hash;
  }
}

const READ_BYTES = 1024 * 1024;

async function hashFile(file: FileHandle, hash: Hash, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(size, 1)));
  let position = 0;
  while (position < size) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.byteLength, size - position), position);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return position;
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
