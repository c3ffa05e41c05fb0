import { recycle } from '../bytes/chunk-memory.ts';
import { DigestChecker } from '../digest.ts';
import { checkedBytes } from './checked-bytes.ts';
import type { RegistryRequest } from './client.ts';
import { TryAgain } from './retry.ts';
import {
  ASK_FIRST,
  askProgress,
  cancelSession,
  commit,
  locationOf,
  openSession,
  type Upload,
} from './upload-session.ts';
import type { UploadSessions } from './upload-sessions.ts';

/**
 * Bytes of a part, held in memory. An interruption costs two of them for each blob under way: registries that keep the
 * state of a session in its address (Distribution) lose what has come since their last answer, and one part was read ahead.
 */
export const PART_BYTES = 1.5 * 1024 * 1024;

/**
 * Sends a blob in parts, and remembers the session after each, so that another run goes on where this one was stopped.
 * What an earlier run has sent is not read again: the registry compares the digest of the whole, and where it finds
 * another one all is sent again.
 */
export class PartedUpload {
  readonly #upload: Upload;
  readonly #sessions: UploadSessions;
  readonly #key: string;
  /** Of what this run has read from the beginning; undefined where another run has sent the beginning. */
  #checker: DigestChecker | undefined;
  #location: string | undefined;
  #offset = 0;
  #isFirst = true;

  constructor(upload: Upload, sessions: UploadSessions) {
    this.#upload = upload;
    this.#sessions = sessions;
    this.#key = `${upload.client.origin}${upload.path} ${upload.descriptor.digest}`;
  }

  async attempt(): Promise<void> {
    await this.#begin();
    try {
      const filled = await this.#fill();
      await commit(this.#upload, filled, Buffer.alloc(0));
    } catch (error) {
      const isStopped = this.#upload.signal?.aborted ?? false;
      if (error instanceof TryAgain || isStopped) throw error;
      const wasResumed = this.#checker === undefined;
      await this.#drop();
      throw wasResumed ? new TryAgain(error) : error;
    }
    await this.#sessions.forget(this.#key);
  }

  async #begin(): Promise<void> {
    const known = this.#location ?? (this.#isFirst ? await this.#sessions.find(this.#key) : undefined);
    const isOwn = this.#location !== undefined;
    this.#isFirst = false;
    const found = known === undefined ? undefined : await this.#progressOf(known);
    const most = isOwn && this.#checker !== undefined ? this.#checker.size : this.#upload.descriptor.size;
    if (found === undefined || found.offset > most) {
      this.#location = await openSession(this.#upload);
      this.#offset = 0;
      this.#checker = new DigestChecker(this.#upload.descriptor.digest);
    } else {
      if (!isOwn)
        this.#checker = found.offset === 0 ? new DigestChecker(this.#upload.descriptor.digest) : undefined;
      this.#location = found.location;
      this.#offset = found.offset;
    }
    await this.#sessions.keep(this.#key, this.#location);
  }

  async #progressOf(location: string) {
    try {
      return await askProgress(this.#upload, location);
    } catch (error) {
      // A session that the registry has another opinion of is as good as none.
      if (error instanceof TryAgain || this.#upload.signal?.aborted) throw error;
      return undefined;
    }
  }

  /** Sends what is missing; the address for the last request. The next part is read while one is sent. */
  async #fill(): Promise<string> {
    const { source, descriptor } = this.#upload;
    const parts = inParts(checkedBytes(source, this.#offset, this.#checker, descriptor));
    let location = this.#location ?? '';
    try {
      for (let next = parts.next(); ; ) {
        const { done, value: part } = await next;
        if (done) return location;
        next = parts.next();
        // It is for the caller that asks for the next one; there may be none any more.
        next.catch(() => {});
        location = await this.#send(location, part);
        this.#location = location;
        await this.#sessions.keep(this.#key, location);
      }
    } finally {
      await parts.return(undefined);
    }
  }

  async #send(location: string, part: Buffer): Promise<string> {
    const { client, scopes, signal } = this.#upload;
    const end = this.#offset + part.byteLength;
    const request: RegistryRequest = {
      method: 'PATCH',
      url: location,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(part.byteLength),
        'content-range': `${this.#offset}-${end - 1}`,
      },
      body: part,
      scopes,
      signal,
    };
    const response = await client.try(request);
    if (response.statusCode !== 202 && response.statusCode !== 204) {
      const failure = await client.failure(request, response);
      throw ASK_FIRST.includes(response.statusCode) ? new TryAgain(failure) : failure;
    }
    await response.body.dump();
    this.#offset = end;
    return locationOf(response, location);
  }

  async #drop(): Promise<void> {
    await this.#sessions.forget(this.#key);
    await cancelSession(this.#upload.client, this.#location, this.#upload);
    this.#location = undefined;
  }
}

async function* inParts(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let part = Buffer.allocUnsafe(PART_BYTES);
  let filled = 0;
  for await (const piece of pieces) {
    for (let taken = 0; taken < piece.byteLength; ) {
      const bytes = piece.subarray(taken, taken + PART_BYTES - filled);
      part.set(bytes, filled);
      taken += bytes.byteLength;
      filled += bytes.byteLength;
      if (filled < PART_BYTES) continue;
      yield part;
      part = Buffer.allocUnsafe(PART_BYTES);
      filled = 0;
    }
    recycle(piece);
  }
  if (filled > 0) yield part.subarray(0, filled);
}
