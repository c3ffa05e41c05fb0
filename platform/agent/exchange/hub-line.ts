import WebSocket from 'ws';
import { messageOf } from '../../../content/error.ts';
import { MAX_MESSAGE_BYTES } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import type { Way } from './doors.ts';

/** What messages go over: of a WebSocket only what is needed, so that a simulated network can stand in for it. */
export interface HubLine {
  readonly readyState: number;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: 'pong' | 'error', listener: () => void): unknown;
  once(event: 'close', listener: (code: number) => void): unknown;
  send(text: string): void;
  ping(): void;
  close(code: number): void;
  terminate(): void;
}

export interface DialOptions {
  readonly way: Way;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** So long it may take to stand, in milliseconds. */
  readonly connectMs: number;
  readonly signal: AbortSignal;
}

/** Opens a line to the hub's door for agents. Throws HUB_UNREACHABLE, HUB_REFUSED. */
export type Dial = (options: DialOptions) => Promise<HubLine>;

/** A WebSocket, by TLS in both directions. */
export const dialHub: Dial = async ({ way, certificate, key, connectMs, signal }) => {
  const { url, authorities } = way;
  const socket = new WebSocket(new URL('/v1/agent', url.replace(/^http/, 'ws')), {
    ca: [...authorities],
    cert: certificate,
    key,
    minVersion: 'TLSv1.3',
    handshakeTimeout: connectMs,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    followRedirects: false,
  });
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (request, response) => {
      const header = response.headers['x-skerry-code'];
      const detail = typeof header === 'string' ? header.slice(0, 63) : `HTTP ${response.statusCode}`;
      reject(platformError('HUB_REFUSED', { subject: url, detail }));
      request.destroy();
      socket.terminate();
    });
    socket.once('error', (cause) =>
      reject(platformError('HUB_UNREACHABLE', { subject: url, detail: messageOf(cause), cause })),
    );
  });
  return socket;
};
