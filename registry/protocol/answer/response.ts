import type { OutgoingHttpHeaders } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Exchange } from '../exchange.ts';
import type { ProtocolError } from '../protocol-error.ts';
import { Outlet } from './outlet.ts';

export type Headers = Readonly<OutgoingHttpHeaders>;

/** Content named by its digest never changes, so caches may keep it. */
export const IMMUTABLE = 'max-age=31536000, immutable';

/** An answer without a body: 201, 202, 204, 304, and every answer to HEAD. */
export function sendEmpty(exchange: Exchange, status: number, headers: Headers = {}): void {
  // 204 and 304 have no length of their own (RFC 9110, section 8.6).
  sendHead(
    exchange,
    status,
    status === 204 || status === 304 ? headers : { 'content-length': 0, ...headers },
  );
  exchange.response.end();
}

/** Sends what is in memory. Throws a ProtocolError (503) when there is no room for it to wait for its client. */
export async function sendBytes(
  exchange: Exchange,
  status: number,
  content: Uint8Array | string,
  headers: Headers,
): Promise<void> {
  const bytes = typeof content === 'string' && content.length > SMALL_ANSWER ? Buffer.from(content) : content;
  if (
    exchange.request.method === 'HEAD' ||
    Buffer.byteLength(bytes) <= SMALL_ANSWER ||
    typeof bytes === 'string'
  )
    return sendSmall(exchange, status, bytes, headers);
  using place = await exchange.answers.keep(exchange, bytes);
  await sendPlaced(exchange, status, { bytes, gotOn: place.gotOn }, headers);
}

/** Sends what has its room. */
export async function sendPlaced(
  exchange: Exchange,
  status: number,
  { bytes, gotOn }: { readonly bytes: Uint8Array; readonly gotOn: () => void },
  headers: Headers,
): Promise<void> {
  const { request, response, signal } = exchange;
  if (request.method === 'HEAD' || bytes.byteLength <= SMALL_ANSWER)
    return sendSmall(exchange, status, bytes, headers);
  sendHead(exchange, status, { 'content-length': bytes.byteLength, ...headers });
  const outlet = new Outlet(response, signal);
  try {
    // TLS makes a copy of what it is given, so that is never much.
    const piece = exchange.socket instanceof TLSSocket ? TLS_PIECE : PIECE;
    for (let at = 0; at < bytes.byteLength; at += piece) {
      await outlet.write(bytes.subarray(at, at + piece));
      gotOn();
    }
  } finally {
    outlet.close();
  }
  response.end();
}

function sendSmall(exchange: Exchange, status: number, bytes: Uint8Array | string, headers: Headers): void {
  const { request, response } = exchange;
  sendHead(exchange, status, { 'content-length': Buffer.byteLength(bytes), ...headers });
  if (request.method === 'HEAD') response.end();
  else response.end(bytes);
}

/** Bytes of an answer that wait for their client wherever they are, as every connection has at most one. */
export const SMALL_ANSWER = 16 * 1024;
const PIECE = 128 * 1024;
const TLS_PIECE = 16 * 1024;

/** Begins an answer whose body follows. */
export function sendHead({ response, headers: common }: Exchange, status: number, headers: Headers): void {
  response.writeHead(status, { ...common, ...headers });
}

export async function sendJson(
  exchange: Exchange,
  status: number,
  value: object,
  headers: Headers = {},
): Promise<void> {
  await sendBytes(exchange, status, JSON.stringify(value), {
    'content-type': 'application/json',
    ...headers,
  });
}

/** The specification's error answer. When the answer has begun, cutting the connection is all that can be said. */
export function sendError(exchange: Exchange, error: ProtocolError): void {
  const { response } = exchange;
  if (response.headersSent) response.destroy();
  else
    sendSmall(exchange, error.status, JSON.stringify(error), {
      'content-type': 'application/json',
      ...error.headers,
    });
}
