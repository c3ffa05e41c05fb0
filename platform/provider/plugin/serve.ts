import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { join } from 'node:path';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { GRPCController, GRPCStdio } from '../protocol/go-plugin_pb.ts';
import { makeCertificate } from './certificate.ts';
import { clientCertificate, handshakeLine } from './handshake.ts';

export interface PluginOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  /** A folder for the socket. */
  readonly temporary: string;
  readonly say: (line: string) => void;
  readonly routes: (router: ConnectRouter) => void;
  readonly signal: AbortSignal;
}

const LEAVE_WITHIN_MS = 200;

/**
 * Serves a plugin to the one process that started it, by gRPC over a socket that only its certificate opens, until that
 * process says so (GRPCController.Shutdown) or `signal` ends it.
 */
export async function servePlugin({
  env,
  now,
  temporary,
  say,
  routes,
  signal,
}: PluginOptions): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const { key, certificate, line } = makeCertificate(now);
  const ca = clientCertificate(env);
  const handler = connectNodeAdapter({
    // What a client of gRPC sends may be large: a plan of many packs with their values.
    readMaxBytes: 64 * 1024 * 1024,
    routes: (router) => {
      router.service(GRPCController, {
        shutdown: () => {
          // The answer goes first.
          setImmediate(ended.resolve);
          return {};
        },
      });
      router.service(GRPCStdio, { streamStdio: (_, { signal: gone }) => nothingUntil(gone, signal) });
      routes(router);
    },
  });
  const access = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  const server = createSecureServer({ key, cert: certificate, minVersion: 'TLSv1.2', ...access }, handler);
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
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
    await close(server, sessions);
    await rm(folder, { recursive: true, force: true });
  }
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

// Nothing is printed that would have to be passed on, but the stream must be there.
function nothingUntil(...signals: readonly AbortSignal[]): AsyncIterable<never> {
  const any = AbortSignal.any([...signals]);
  const next = async (): Promise<IteratorResult<never, undefined>> => {
    if (!any.aborted) await once(any, 'abort');
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}
