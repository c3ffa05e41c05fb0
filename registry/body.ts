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
  if ((bodyLength(exchange) ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  exchange.wantBody();
  exchange.awaitingBody = true;
  try {
    // Whoever is refused half way still gets the answer: the connection outlives the loop.
    for await (const chunk of exchange.request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.byteLength;
      if (size > limit) throw tooLarge();
      share?.take(chunk.byteLength);
      chunks.push(chunk);
    }
  } finally {
    exchange.awaitingBody = false;
  }
  return Buffer.concat(chunks, size);
}

/** How much of an unwanted body is read and dropped, so that the client sees the answer and not a reset connection. */
const MAX_DISCARD = 16 * 1024 * 1024;

/**
 * After an early answer: lets a small rest of the body run out, and cuts the connection of one who keeps sending, or who
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
