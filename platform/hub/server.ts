import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { isSkerryError } from '../../content/error.ts';
import { platformError } from '../errors.ts';
import type { Access } from './access.ts';
import type { KeyPair } from './certificate.ts';
import type { LogLevel } from './log-level.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';
import type { Route } from './route.ts';

export interface ServerOptions {
  readonly routes: readonly Route[];
  readonly access: Pick<Access, 'authenticate' | 'authorize'>;
  readonly tls: KeyPair;
  readonly log: Log;
}

/** Where log lines (JSON) go, and which. */
export interface Log {
  readonly level: LogLevel;
  readonly stream: Pick<Writable, 'write'>;
}

const REQUEST_TIMEOUT_MS = 15_000;
/** A request has no body: what comes with one is refused early. */
const BODY_LIMIT = 1024;

/** The hub's HTTPS server, not listening yet. */
export function buildServer({ routes, access, tls, log }: ServerOptions) {
  const server = Fastify({
    https: { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' },
    logger: { ...log, serializers: { req: loggedRequest } },
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    // Addresses that can't be decoded don't get as far as the hooks and handlers below.
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply);
      sendProblem(error, request, reply);
    },
    routerOptions: { maxParamLength: 200 },
  });
  server.addHook('onRequest', async (request, reply) => setHeaders(request, reply));
  for (const route of routes) {
    server.route({
      method: 'GET',
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      logLevel: route.quiet ? 'warn' : 'info',
      handler: async (request) => await answer(route, request, access),
    });
  }
  server.setNotFoundHandler(async (request, reply) => {
    sendProblem(
      platformError('ROUTE_NOT_FOUND', { subject: `${request.method} ${pathOf(request)}` }),
      request,
      reply,
    );
  });
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  return server;
}

export type HubServer = ReturnType<typeof buildServer>;

// First who, then what, then whether: nobody without a token learns more than that one is needed.
async function answer(
  route: Route,
  request: FastifyRequest,
  access: ServerOptions['access'],
): Promise<unknown> {
  const user = route.secured ? await access.authenticate(request.headers.authorization) : undefined;
  const { action, answer } = route.prepare(request.params, request.query);
  if (action !== undefined && user !== undefined) await access.authorize(user, action);
  return await answer();
}

function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id);
  const { status, code } = problem;
  // What the user did wrong is in the answer; the log is for what the hub could not do.
  if (status >= 500 && code !== 'NOT_READY') request.log.error({ err: error, code }, 'request failed');
  else request.log.info({ code, subject: problem.subject }, 'request refused');
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="skerry-hub"');
  if (status === 503) reply.header('retry-after', '5');
  if (isSkerryError(error, 'ROUTE_NOT_FOUND')) reply.header('link', '</openapi.json>; rel="service-desc"');
  return reply.code(status).type(PROBLEM_TYPE).send(problem);
}

function loggedRequest(request: FastifyRequest) {
  return { method: request.method, path: pathOf(request), remoteAddress: request.ip };
}

// Without the query: a token put there by mistake must not get into the log.
function pathOf({ url }: FastifyRequest): string {
  return (url.split('?')[0] ?? '').slice(0, 200);
}
