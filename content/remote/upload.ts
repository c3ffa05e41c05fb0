import { Readable } from 'node:stream';
import { recycle } from '../bytes/chunk-memory.ts';
import { DigestChecker } from '../digest.ts';
import { checkedBytes } from './checked-bytes.ts';
import type { RegistryRequest } from './client.ts';
import { PART_BYTES, PartedUpload } from './parted-upload.ts';
import { GAIN_BYTES, TryAgain } from './retry.ts';
import {
  ASK_FIRST,
  askProgress,
  cancelSession,
  commit,
  isHeld,
  locationOf,
  openSession,
  type Upload,
} from './upload-session.ts';

/** Up to this many bytes a blob is held in memory and sent in one request. */
const SMALL_BYTES = 256 * 1024;
/** What a socket holds before it has its writer wait (undici's highWaterMark of connections; over TLS it is less). */
const SOCKET_BYTES = 64 * 1024;

/**
 * Pushes a blob (distribution-spec, "Pushing blobs"): opens a session, sends the bytes in one streamed PATCH, and
 * commits only after they have been seen to hash to the digest. When the connection breaks it asks how far the
 * registry got and goes on from there. Throws DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FULL, REGISTRY_*.
 */
export async function uploadBlob(upload: Upload): Promise<void> {
  const { client, signal } = upload;
  const run = await uploadOf(upload);
  let broken = false;
  await client.retry(signal, async () => {
    // The registry may have kept the blob and only its answer was lost.
    if (broken && (await isHeld(upload))) return;
    const again = broken;
    broken = true;
    await run.attempt(again);
  });
}

async function uploadOf(upload: Upload): Promise<{ attempt(again: boolean): Promise<void> }> {
  const { descriptor, sessions } = upload;
  if (descriptor.size <= SMALL_BYTES) return new SmallUpload(upload, await smallBlob(upload));
  if (sessions !== undefined && descriptor.size > PART_BYTES) return new PartedUpload(upload, sessions);
  return new StreamedUpload(upload);
}

class SmallUpload {
  readonly #upload: Upload;
  readonly #bytes: Buffer;

  constructor(upload: Upload, bytes: Buffer) {
    this.#upload = upload;
    this.#bytes = bytes;
  }

  // What half a body left in a session is not known, so each try has a session of its own.
  async attempt(): Promise<void> {
    await commit(this.#upload, await openSession(this.#upload), this.#bytes);
  }
}

class StreamedUpload {
  readonly #upload: Upload;
  readonly #checker: DigestChecker;
  #location: string | undefined;
  #offset = 0;
  #sourceError: { readonly cause: unknown } | undefined;

  constructor(upload: Upload) {
    this.#upload = upload;
    this.#checker = new DigestChecker(upload.descriptor.digest);
  }

  async attempt(again: boolean): Promise<void> {
    const location = await this.#session(again);
    try {
      const filled = await this.#fill(location);
      await commit(this.#upload, filled, Buffer.alloc(0));
    } catch (error) {
      if (!(error instanceof TryAgain))
        await cancelSession(this.#upload.client, this.#location, this.#upload);
      throw error;
    }
  }

  async #session(again: boolean): Promise<string> {
    const found =
      again && this.#location !== undefined ? await askProgress(this.#upload, this.#location) : undefined;
    // A session that says it has more than was sent is not ours.
    const ours = found !== undefined && found.offset <= this.#checker.size ? found : undefined;
    this.#offset = ours?.offset ?? 0;
    this.#location = ours?.location ?? (await openSession(this.#upload));
    return this.#location;
  }

  async #fill(location: string): Promise<string> {
    const { descriptor } = this.#upload;
    const filled = this.#offset < descriptor.size ? await this.#patch(location) : location;
    this.#location = filled;
    return filled;
  }

  async #patch(location: string): Promise<string> {
    const { client, descriptor, scopes, signal } = this.#upload;
    const { size } = descriptor;
    const known = this.#checker.size;
    const request: RegistryRequest = {
      method: 'PATCH',
      url: location,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(size - this.#offset),
        ...(this.#offset > 0 ? { 'content-range': `${this.#offset}-${size - 1}` } : {}),
      },
      // Holds one piece at most: the next is asked for when it has been passed on.
      body: Readable.from(this.#bytes(), { objectMode: false, highWaterMark: 1 }),
      scopes,
      signal,
    };
    const gained = () => this.#checker.size - known >= GAIN_BYTES;
    const response = await client.try(request).catch((error: unknown) => {
      // Reading may fail as the network does, but sending again would not help.
      if (this.#sourceError !== undefined) throw this.#sourceError.cause;
      throw error instanceof TryAgain
        ? new TryAgain(error.cause, { afterMs: error.afterMs, gained: gained() })
        : error;
    });
    if (response.statusCode !== 202 && response.statusCode !== 204) {
      const failure = await client.failure(request, response);
      throw ASK_FIRST.includes(response.statusCode) ? new TryAgain(failure, { gained: gained() }) : failure;
    }
    await response.body.dump();
    return locationOf(response, location);
  }

  async *#bytes(): AsyncGenerator<Uint8Array> {
    const { source, descriptor } = this.#upload;
    const pieces = checkedBytes(source, this.#offset, this.#checker, descriptor);
    let sent: Uint8Array | undefined;
    try {
      for (;;) {
        const { done, value: piece } = await pieces.next().catch((cause: unknown) => {
          this.#sourceError = { cause };
          throw cause;
        });
        if (done) return;
        // What is thrown in here is the connection's error, with which the stream is destroyed.
        yield piece;
        // A piece that fills the socket is followed by another only when all before it has been written.
        if (sent !== undefined && sent.byteLength >= SOCKET_BYTES) recycle(sent);
        sent = piece;
      }
    } finally {
      await pieces.return(undefined);
    }
  }
}

async function smallBlob({ descriptor, source }: Upload): Promise<Buffer> {
  const checker = new DigestChecker(descriptor.digest);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source(0)) {
    checker.update(chunk);
    chunks.push(chunk);
    if (checker.size > descriptor.size) break;
  }
  checker.finish(descriptor.digest, descriptor.size);
  return Buffer.concat(chunks);
}
