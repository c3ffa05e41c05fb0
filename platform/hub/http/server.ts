import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import type { Audit } from '../audit/audit.ts';
import { writeEntry } from '../audit/write-entry.ts';
import type { User } from '../kubernetes.ts';
import type { LogLevel } from '../log-level.ts';
import type { KeyPair } from '../tls/certificate.ts';
import type { Access } from './access.ts';
import { parseJsonBody } from './json-body.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';
import type { RateLimit } from './rate-limit.ts';
import { JSON_TYPE, MERGE_PATCH_TYPE, mediaTypesOf, Reply, type Route } from './route.ts';
import { sendEvents } from './send-events.ts';

export interface ServerOptions {
  readonly routes: readonly Route[];
  readonly access: Pick<Access, 'authenticate' | 'authorize'>;
  readonly tls: KeyPair;
  readonly log: Log;
  /** Where writes are written down, whatever became of them. */
  readonly audit?: Audit | undefined;
  /** How fast callers may ask; no limit when absent. */
  readonly limits?: { readonly users: RateLimit; readonly guests: RateLimit } | undefined;
  /** What Prometheus is told, in its text format; nothing when absent. */
  readonly metrics?: (() => string) | undefined;
  /** Between two signs of life of a stream of events, in milliseconds. */
  readonly heartbeatMs?: number | undefined;
}

/** Where log lines (JSON) go, and which. */
export interface Log {
  readonly level: LogLevel;
  readonly stream: Pick<Writable, 'write'>;
}

const REQUEST_TIMEOUT_MS = 15_000;
/** An object has at most 64 KiB; what is larger is refused before it is read. */
const BODY_LIMIT = 64 * 1024;
/** Routes that take no body: what comes with one is refused early. */
const NO_BODY_LIMIT = 1024;
/** Between two looks whether a watcher still may; also keeps proxies from closing the connection. */
const HEARTBEAT_MS = 15_000;

/** Prometheus, "Exposition formats". */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The hub's HTTPS server, not listening yet. */
export function buildServer(options: ServerOptions) {
  const { routes, access, tls, log, limits, audit, metrics, heartbeatMs = HEARTBEAT_MS } = options;
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
    routerOptions: { maxParamLength: 260 },
  });
  const stopping = new AbortController();
  server.addHook('preClose', async () => stopping.abort());
  server.addHook('onRequest', async (request, reply) => setHeaders(request, reply));
  server.removeAllContentTypeParsers();
  const types = [JSON_TYPE, MERGE_PATCH_TYPE];
  server.addContentTypeParser(
    types,
    { parseAs: 'string' },
    async (_: FastifyRequest, text: string | Buffer) => parseJsonBody(String(text)),
  );
  // Open to all like the probes: nothing but dates is in it.
  if (metrics !== undefined)
    server.get('/metrics', { logLevel: 'warn' }, async (_, reply) =>
      reply.type(METRICS_TYPE).send(metrics()),
    );
  for (const route of routes) {
    const users = new WeakMap<FastifyRequest, User>();
    server.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      logLevel: route.quiet ? 'warn' : 'info',
      bodyLimit: route.body === undefined ? NO_BODY_LIMIT : (route.bodyLimit ?? BODY_LIMIT),
      // Before the body is read: nobody without a token makes the hub read one.
      onRequest: async (request) => {
        users.set(request, await admit(route, request, { access, limits }));
      },
      handler: async (request, reply) => {
        const user = users.get(request) ?? ANONYMOUS;
        await answer(route, request, reply, { user, access, heartbeatMs, stopping: stopping.signal });
        return reply;
      },
      // Nobody waits for it: it is in the log at once, and in the cluster a moment later.
      onResponse: async (request, reply) => {
        const { id, method } = request;
        const entry = writeEntry({
          ...{ id, method, path: pathOf(request), operationId: route.operationId },
          user: users.get(request)?.username,
          status: reply.statusCode,
          code: problems.get(request),
        });
        if (entry !== undefined)
          audit?.record(entry).catch((err: unknown) => request.log.error({ err, entry }, 'not in the audit'));
      },
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

/** Codes of what was answered, for the audit. */
const problems = new WeakMap<FastifyRequest, string>();

const ANONYMOUS: User = { username: 'system:anonymous' };

// First who, then what, then whether: nobody without a token learns more than that one is needed.
async function admit(
  route: Route,
  request: FastifyRequest,
  { access, limits }: Pick<ServerOptions, 'access' | 'limits'>,
): Promise<User> {
  if (!route.secured) return ANONYMOUS;
  limits?.guests.take(request.ip);
  const user = await access.authenticate(request.headers.authorization);
  limits?.guests.giveBack(request.ip);
  limits?.users.take(user.username);
  refuseForeign(request);
  checkMediaType(route, request);
  return user;
}

// Only the bearer token lets anyone in, and no browser sends that by itself; this holds even where one is made to.
function refuseForeign({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  if (origin === undefined || (host !== undefined && origin === `https://${host}`)) return;
  throw platformError('ORIGIN_REFUSED', { subject: 'Origin', detail: origin.slice(0, 200) });
}

function checkMediaType(route: Route, { headers }: FastifyRequest): void {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (route.body === undefined || type === undefined) return;
  const wanted = mediaTypesOf(route);
  if (wanted.includes(type)) return;
  throw platformError('MEDIA_TYPE_UNSUPPORTED', {
    subject: 'Content-Type',
    detail: `takes ${wanted.join(', ')}`,
  });
}

interface Answering {
  readonly user: User;
  readonly access: ServerOptions['access'];
  readonly heartbeatMs: number;
  readonly stopping: AbortSignal;
}

async function answer(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, access, heartbeatMs, stopping }: Answering,
): Promise<void> {
  const { params, query, headers, body } = request;
  const prepared = route.prepare({ params, query, headers, body });
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, stopping]);
  reply.raw.once('close', () => gone.abort());
  const { watch } = prepared;
  if (watch !== undefined) {
    const { action } = watch;
    if (action !== undefined) await access.authorize(user, action);
    const { events, check } = await watch.begin({ user, signal });
    const isStillAllowed = async () => {
      const same = await access.authenticate(headers.authorization);
      if (action !== undefined) await access.authorize(same, action);
      await check?.(same);
    };
    await sendEvents(reply, { events, heartbeatMs, isStillAllowed, signal, stop: () => gone.abort() });
    return;
  }
  for (const action of prepared.actions) await access.authorize(user, action);
  for (const action of prepared.bodyActions()) await access.authorize(user, action);
  const result = await prepared.answer({ user, signal });
  const { body: made, status, headers: extra } = result instanceof Reply ? result : new Reply(result);
  reply.code(status ?? route.status).headers(extra);
  if (made === undefined) reply.send();
  else reply.send(made);
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
  problems.set(request, code);
  // What the user did wrong is in the answer; the log is for what the hub could not do.
  if (status >= 500 && code !== 'NOT_READY') request.log.error({ err: error, code }, 'request failed');
  else request.log.info({ code, subject: problem.subject }, 'request refused');
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="skerry-hub"');
  if (status === 503 || status === 429) reply.header('retry-after', status === 429 ? '1' : '5');
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
