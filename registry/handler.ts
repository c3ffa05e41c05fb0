import type { IncomingMessage, ServerResponse } from 'node:http';
import { discardBody } from './body.ts';
import { dispatch } from './dispatch.ts';
import { type Exchange, headerOf, type Services } from './exchange.ts';
import { ProtocolError, reasonOf, toProtocolError } from './protocol-error.ts';
import { remoteAddressOf } from './remote-address.ts';
import { type Log, requestIdOf } from './request-log.ts';
import { sendError } from './response.ts';
import { parseRoute, parseTarget } from './route.ts';
import { countTraffic, trafficBefore } from './traffic.ts';

export interface HandlerOptions {
  readonly services: Services;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly randomId: () => string;
  /** True once the registry is stopping: it still answers, and asks clients to hang up. */
  readonly isStopping: () => boolean;
  /** Told when an exchange begins, and when it is over. */
  readonly onBegin: (exchange: Exchange) => void;
  readonly onEnd: (exchange: Exchange) => void;
}

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  asksFirst?: boolean,
) => Promise<void>;

/** Answers one request: finds its endpoint, turns what fails into the specification's errors, and writes one log line. */
export function createHandler(options: HandlerOptions): Handler {
  return async (request, response, asksFirst = false) => {
    const gone = new AbortController();
    const given = request.headers['x-request-id'];
    const id = requestIdOf(Array.isArray(given) ? undefined : given, options.randomId);
    const exchange = openExchange(request, response, { id, signal: gone.signal, asksFirst });
    const writeLog = startLogLine(exchange, options);
    options.onBegin(exchange);
    response.on('close', () => {
      if (!response.writableFinished) gone.abort();
      writeLog();
      options.onEnd(exchange);
      countTraffic(exchange.socket);
    });
    if (options.isStopping()) exchange.headers.connection = 'close';
    try {
      await answer(exchange, options);
    } catch (error) {
      fail(exchange, toProtocolError(error));
    }
    discardBody(exchange, options.services.limits.slowTimeout);
  };
}

async function answer(exchange: Exchange, { services, isStopping }: HandlerOptions): Promise<void> {
  if ((exchange.request.url ?? '').length > services.limits.urlBytes) {
    throw new ProtocolError('UNSUPPORTED', { status: 414, message: 'the address is too long' });
  }
  const route = parseRoute(exchange.path, exchange.request.method);
  exchange.endpoint = route.kind;
  await dispatch(exchange, services, route, isStopping());
}

function fail(exchange: Exchange, error: ProtocolError): void {
  exchange.failure = exchange.signal.aborted ? 'the client is gone' : reasonOf(error);
  if (error.code === 'UNKNOWN' && error.cause instanceof Error) exchange.stack = error.cause.stack;
  if (!exchange.signal.aborted) sendError(exchange, error);
}

function openExchange(
  request: IncomingMessage,
  response: ServerResponse,
  { id, signal, asksFirst }: { id: string; signal: AbortSignal; asksFirst: boolean },
): Exchange {
  let wanted = !asksFirst;
  return {
    id,
    request,
    response,
    socket: request.socket,
    remote: remoteAddressOf(request.socket),
    headers: {
      'docker-distribution-api-version': 'registry/2.0',
      'x-content-type-options': 'nosniff',
      'x-request-id': id,
    },
    ...parseTarget(request.url ?? ''),
    signal,
    awaitingBody: false,
    wantBody: () => {
      if (!wanted) response.writeContinue();
      wanted = true;
    },
  };
}

function startLogLine(exchange: Exchange, { log, clock }: HandlerOptions): () => void {
  const { request, response, socket } = exchange;
  const began = clock();
  const before = trafficBefore(socket);
  return () => {
    const status = response.headersSent ? response.statusCode : 0;
    log({
      time: new Date(began).toISOString(),
      level: status >= 500 ? 'error' : 'info',
      event: 'request',
      requestId: exchange.id,
      method: request.method,
      path: exchange.path.slice(0, 512),
      status,
      milliseconds: clock() - began,
      bytesIn: socket.bytesRead - before.read,
      bytesOut: socket.bytesWritten - before.written,
      whole: response.writableFinished,
      user: exchange.user,
      remote: exchange.remote,
      agent: headerOf(exchange, 'user-agent')?.slice(0, 128),
      warning: exchange.warning?.slice(0, 1000),
      error: exchange.failure?.slice(0, 1000),
      stack: exchange.stack?.slice(0, 4000),
    });
  };
}
