import type { BodyShare } from './body-memory.ts';
import type { Exchange } from './exchange.ts';
import { headerOf } from './exchange.ts';
import { ProtocolError } from './protocol-error.ts';

/** The length that a request's body says it has, or undefined when it comes in pieces of unknown number. */
export function bodyLength(exchange: Exchange): number | undefined {
  const length = headerOf(exchange, 'content-length');
  if (length !== undefined) return Number(length);
  return headerOf(exchange, 'transfer-encoding') === undefined ? 0 : undefined;
}

/**
 * Reads a small body whole, into a share of the memory that such bodies have together. Throws a ProtocolError: 413 when
 * it is larger than `limit` bytes, 429 when the memory is used up.
 */
export async function readBody(exchange: Exchange, limit: number, share?: BodyShare): Promise<Buffer> {
  const tooLarge = () =>
    new ProtocolError('SIZE_INVALID', { status: 413, message: `the body is larger than ${limit} bytes` });
  const length = bodyLength(exchange);
  if ((length ?? 0) > limit) throw tooLarge();
  const body = new GrowingBytes(length ?? limit);
  exchange.wantBody();
  exchange.awaitingBody = true;
  try {
    // A client that is refused half way still gets the answer: the connection outlives the loop.
    for await (const chunk of exchange.request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      if (body.length + chunk.byteLength > limit) throw tooLarge();
      share?.take(chunk.byteLength);
      body.add(chunk);
    }
  } finally {
    exchange.awaitingBody = false;
  }
  return body.bytes();
}

/** Bytes in one piece: a body that comes a byte at a time would cost a hundred times its size as a list of pieces. */
class GrowingBytes {
  length = 0;
  #buffer = Buffer.allocUnsafeSlow(0);
  readonly #most: number;

  /** Never sets aside more than `most` bytes, unless more come. */
  constructor(most: number) {
    this.#most = most;
  }

  add(chunk: Buffer): void {
    const end = this.length + chunk.byteLength;
    if (end > this.#buffer.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, Math.min(this.#most, 2 * this.#buffer.byteLength)));
      this.#buffer.copy(larger, 0, 0, this.length);
      // Given back at once: until the collector comes there would be as much again for each client.
      const { buffer } = this.#buffer;
      if (buffer instanceof ArrayBuffer) buffer.transfer(0);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.length);
    this.length = end;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }
}

/** How much of an unwanted body is read and dropped, so that the client sees the answer and not a reset connection. */
const MAX_DISCARD = 16 * 1024 * 1024;

/**
 * After an early answer: lets a small rest of the body run out, and cuts the connection of one that keeps sending, or that
 * has not come to an end after `patience` milliseconds.
 */
export function discardBody({ request, response, socket }: Exchange, patience: number): void {
  if (request.complete || request.destroyed) return;
  let dropped = 0;
  const cut = setTimeout(() => socket.destroy(), patience).unref();
  request.on('data', (chunk: Buffer) => {
    dropped += chunk.byteLength;
    if (dropped > MAX_DISCARD) socket.destroy();
  });
  request.on('close', () => clearTimeout(cut)).on('error', () => {});
  request.resume();
  response.on('error', () => {});
}
