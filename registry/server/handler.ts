import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { sendError } from '../protocol/answer/response.ts';
import { discardBody } from '../protocol/body.ts';
import { type Exchange, headerOf } from '../protocol/exchange.ts';
import { checkFraming } from '../protocol/framing.ts';
import { ProtocolError, reasonOf, toProtocolError } from '../protocol/protocol-error.ts';
import { parseRoute, parseTarget } from '../protocol/route.ts';
import { countTraffic, trafficBefore } from '../protocol/traffic.ts';
import { dispatch } from './dispatch.ts';
import { Pipelines } from './pipelines.ts';
import { remoteAddressOf } from './remote-address.ts';
import { requestIdOf } from './request-log.ts';
import type { ServerServices } from './server-services.ts';

export interface HandlerOptions {
  readonly services: ServerServices;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly randomId: () => string;
  /** True once the registry is stopping: it still answers, and asks clients to hang up. */
  readonly isStopping: () => boolean;
  /** Called when an exchange begins, and when it is over. */
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
  const pipelines = new Pipelines();
  return async (request, response, asksFirst = false) => {
    const gone = new AbortController();
    const given = request.headers['x-request-id'];
    const id = requestIdOf(Array.isArray(given) ? undefined : given, options.randomId);
    const exchange = openExchange(request, response, {
      id,
      signal: gone.signal,
      asksFirst,
      answers: options.services.answers,
    });
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
      await pipelines.turn(exchange);
      if (exchange.socket.destroyed) exchange.failure ??= 'the client is gone';
      else await answer(exchange, options);
    } catch (error) {
      fail(exchange, toProtocolError(error));
    }
    discardBody(exchange, options.services.limits.slowTimeout);
  };
}

async function answer(exchange: Exchange, { services, isStopping }: HandlerOptions): Promise<void> {
  checkFraming(exchange.request);
  if ((exchange.request.url ?? '').length > services.limits.urlBytes) {
    throw new ProtocolError('UNSUPPORTED', { status: 414, message: 'the address is too long' });
  }
  const route = parseRoute(exchange.path, exchange.request.method);
  exchange.endpoint = route.kind;
  await dispatch(exchange, services, route, isStopping());
}

function fail(exchange: Exchange, error: ProtocolError): void {
  // The reason is set where it was closed.
  if (exchange.signal.aborted || exchange.socket.destroyed) {
    exchange.failure ??= 'the client is gone';
    return;
  }
  exchange.failure = reasonOf(error);
  if (error.code === 'UNKNOWN' && error.cause instanceof Error) exchange.stack = error.cause.stack;
  sendError(exchange, error);
}

function openExchange(
  request: IncomingMessage,
  response: ServerResponse,
  given: Pick<Exchange, 'id' | 'signal' | 'answers'> & { readonly asksFirst: boolean },
): Exchange {
  const { asksFirst, ...own } = given;
  let wanted = !asksFirst;
  return {
    ...own,
    request,
    response,
    socket: request.socket,
    remote: remoteAddressOf(request.socket),
    headers: {
      'docker-distribution-api-version': 'registry/2.0',
      'x-content-type-options': 'nosniff',
      'x-request-id': own.id,
    },
    ...parseTarget(request.url ?? ''),
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
