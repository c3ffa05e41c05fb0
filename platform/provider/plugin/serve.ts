import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { answerCall, beginAnswer, type Calls } from './grpc.ts';
import { clientCertificate, handshakeLine } from './handshake.ts';

export interface PluginOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  /** A folder for the socket. */
  readonly temporary: string;
  readonly say: (line: string) => void;
  readonly calls: Calls;
  readonly signal: AbortSignal;
}

const LEAVE_WITHIN_MS = 200;
/** go-plugin's own services, whose messages are empty. */
const SHUTDOWN = '/plugin.GRPCController/Shutdown';
const STDIO = '/plugin.GRPCStdio/StreamStdio';
const NOTHING = new Uint8Array();

/**
 * Serves a plugin to the one process that started it, by gRPC over a socket that only its certificate opens, until that
 * process says so (GRPCController.Shutdown) or `signal` ends it.
 */
export async function servePlugin({ env, now, temporary, say, calls, signal }: PluginOptions): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const { key, certificate, line } = makeCertificate(now);
  const ca = clientCertificate(env);
  const access = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  const server = createSecureServer({ key, cert: certificate, minVersion: 'TLSv1.2', ...access });
  const sessions = new Set<ServerHttp2Session>();
  const silent = new Set<ServerHttp2Stream>();
  const shutDown = () => {
    // The answer goes first.
    setImmediate(ended.resolve);
    return NOTHING;
  };
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('stream', (stream, headers) => {
      // Nothing is printed that would have to be passed on, but the stream must be there.
      if (headers[':path'] === STDIO) hold(stream, silent);
      else
        void answerCall(stream, headers, async (path) => (path === SHUTDOWN ? shutDown : await calls(path)));
    });
  });
  const folder = await mkdtemp(join(temporary, 'skerry-provider-'));
  try {
    const socket = join(folder, 'plugin');
    server.listen(socket);
    await once(server, 'listening', { signal });
    say(handshakeLine(socket, line));
    signal.addEventListener('abort', () => ended.resolve(), { once: true });
    await ended.promise;
  } finally {
    for (const stream of silent) stream.end();
    await close(server, sessions);
    await rm(folder, { recursive: true, force: true });
  }
}

function hold(stream: ServerHttp2Stream, all: Set<ServerHttp2Stream>): void {
  all.add(stream);
  stream.on('error', () => undefined);
  stream.once('close', () => all.delete(stream));
  stream.resume();
  beginAnswer(stream);
}

// What the client has not taken by then it does not want: it kills what takes two seconds.
async function close(server: Http2SecureServer, sessions: ReadonlySet<ServerHttp2Session>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  for (const session of sessions) session.close();
  const timer = setTimeout(() => {
    for (const session of sessions) session.destroy();
  }, LEAVE_WITHIN_MS);
  await closed;
  clearTimeout(timer);
}
