import type { OutgoingHttpHeaders } from 'node:http';
import type { Exchange } from './exchange.ts';
import type { ProtocolError } from './protocol-error.ts';

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

export function sendBytes(
  exchange: Exchange,
  status: number,
  bytes: Uint8Array | string,
  headers: Headers,
): void {
  const { request, response } = exchange;
  sendHead(exchange, status, { 'content-length': Buffer.byteLength(bytes), ...headers });
  if (request.method === 'HEAD') response.end();
  // Node sets three times its length aside for a text that it sends.
  else response.end(typeof bytes === 'string' && bytes.length > LONG_TEXT ? Buffer.from(bytes) : bytes);
}

const LONG_TEXT = 16 * 1024;

/** Begins an answer whose body follows. */
export function sendHead({ response, headers: common }: Exchange, status: number, headers: Headers): void {
  response.writeHead(status, { ...common, ...headers });
}

export function sendJson(exchange: Exchange, status: number, value: object, headers: Headers = {}): void {
  sendBytes(exchange, status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

/** The specification's error answer. When the answer has begun, cutting the connection is all that can be said. */
export function sendError(exchange: Exchange, error: ProtocolError): void {
  const { response } = exchange;
  if (response.headersSent) response.destroy();
  else sendJson(exchange, error.status, error, error.headers);
}
