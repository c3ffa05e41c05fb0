import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import type { Audit } from '../audit/audit.ts';
import { writeEntry } from '../audit/write-entry.ts';
import type { User } from '../kubernetes.ts';
import type { LogLevel } from '../log-level.ts';
import type { KeyPair } from '../tls/certificate.ts';
import type { Access, Admitted } from './access.ts';
import { parseJsonBody } from './json-body.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';
import { PAGE_HEADERS, PAGE_TYPE, problemPage } from './problem-page.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Caller, JSON_TYPE, MERGE_PATCH_TYPE, mediaTypesOf, Reply, type Route } from './route.ts';
import { sendEvents } from './send-events.ts';

export interface ServerOptions {
  readonly routes: readonly Route[];
  readonly access: Pick<Access, 'authenticate' | 'authorize'>;
  readonly tls: KeyPair;
  readonly log: Log;
  /** Where writes are written down, whatever became of them. */
  readonly audit?: Audit | undefined;
  /** `https://HOST[:PORT]` as browsers see the hub, besides what a request's Host says. */
  readonly ownOrigin?: string | undefined;
  /** Does what a request asks for in the name of its user; as the hub itself when absent. */
  readonly inNameOf?: ((user: User, work: () => Promise<void>) => Promise<void>) | undefined;
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
  const { routes, access, tls, log, limits, audit, metrics, ownOrigin, heartbeatMs = HEARTBEAT_MS } = options;
  const { inNameOf = async (_, work) => await work() } = options;
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
    const admitted = new WeakMap<FastifyRequest, Admitted>();
    server.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      logLevel: route.quiet ? 'warn' : 'info',
      bodyLimit: route.body === undefined ? NO_BODY_LIMIT : (route.bodyLimit ?? BODY_LIMIT),
      // Before the body is read: nobody without a token makes the hub read one.
      onRequest: async (request, reply) => {
        if (route.page) pages.add(request);
        const who = await admit(route, request, { access, limits, ownOrigin });
        if (who === undefined) return;
        admitted.set(request, who);
        if (who.cookies.length > 0) reply.header('set-cookie', who.cookies);
      },
      handler: async (request, reply) => {
        const user = admitted.get(request)?.user ?? ANONYMOUS;
        const answering = { user, access, heartbeatMs, stopping: stopping.signal };
        await inNameOf(user, async () => await answer(route, request, reply, answering));
        return reply;
      },
      // Nobody waits for it: it is in the log at once, and in the cluster a moment later.
      onResponse: async (request, reply) => {
        const { id, method } = request;
        const entry = writeEntry({
          ...{ id, method, path: pathOf(request), operationId: route.operationId, isEntry: route.entry },
          location: z.string().safeParse(reply.getHeader('location')).data,
          isDryRun: DryRun.safeParse(request.query).success,
          user: sessions.get(request) ?? admitted.get(request)?.user.username,
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

const DryRun = z.looseObject({ dryRun: z.literal('true') });
/** Codes of what was answered, for the audit. */
const problems = new WeakMap<FastifyRequest, string>();
/** Users whose session began or ended with a request, for the audit. */
const sessions = new WeakMap<FastifyRequest, string>();
/** Requests of browsers that go somewhere, whose problems are shown as pages. */
const pages = new WeakSet<FastifyRequest>();

const ANONYMOUS: User = { username: 'system:anonymous' };

// First who, then what, then whether: nobody without a token learns more than that one is needed.
async function admit(
  route: Route,
  request: FastifyRequest,
  { access, limits, ownOrigin }: Pick<ServerOptions, 'access' | 'limits' | 'ownOrigin'>,
): Promise<Admitted | undefined> {
  if (route.entry) {
    limits?.guests.take(request.ip);
    // Without a check of its own, another site could sign people in as somebody else.
    refuseForeign(request, ownOrigin, route.method !== 'GET');
    checkMediaType(route, request);
    return undefined;
  }
  if (!route.secured) return undefined;
  limits?.guests.take(request.ip);
  const { authorization, cookie } = request.headers;
  const admitted = await access.authenticate({ authorization, cookie });
  limits?.guests.giveBack(request.ip);
  limits?.users.take(admitted.user.username);
  refuseForeign(request, ownOrigin, admitted.via === 'cookie' && route.method !== 'GET');
  checkMediaType(route, request);
  return admitted;
}

// A bearer token is sent by no browser by itself, a cookie is: each write that comes with one must say that it is from a
// page of the hub's own, as browsers do by Origin (RFC 6454). What names another origin is refused in any case.
function refuseForeign({ headers }: FastifyRequest, ownOrigin: string | undefined, mustSay: boolean): void {
  const { origin, host } = headers;
  if (origin === undefined && !mustSay) return;
  const isOwn =
    origin !== undefined && (origin === ownOrigin || (host !== undefined && origin === `https://${host}`));
  if (isOwn) return;
  throw platformError('ORIGIN_REFUSED', {
    subject: 'Origin',
    detail: origin?.slice(0, 200) ?? 'none was sent',
  });
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
  const caller = callerOf(request);
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, stopping]);
  reply.raw.once('close', () => gone.abort());
  const { watch } = prepared;
  if (watch !== undefined) {
    const { action } = watch;
    if (action !== undefined) await access.authorize(user, action);
    const { events, check } = await watch.begin({ user, caller, signal });
    const isStillAllowed = async () => {
      // A session whose token ends goes on with another request: this one can set no cookie any more.
      const { user: same } = await access.authenticate(caller, false);
      if (action !== undefined) await access.authorize(same, action);
      await check?.(same);
    };
    await sendEvents(reply, { events, heartbeatMs, isStillAllowed, signal, stop: () => gone.abort() });
    return;
  }
  for (const action of prepared.actions) await access.authorize(user, action);
  for (const action of prepared.bodyActions()) await access.authorize(user, action);
  const result = await prepared.answer({ user, caller, signal });
  const {
    body: made,
    status,
    headers: extra,
    session,
  } = result instanceof Reply ? result : new Reply(result);
  if (session !== undefined) sessions.set(request, session);
  reply.code(status ?? route.status);
  for (const [name, value] of Object.entries(extra)) if (value.length > 0) reply.header(name, value);
  if (made === undefined) reply.send();
  else reply.send(made);
}

function callerOf({ headers: { authorization, cookie, host }, url }: FastifyRequest): Caller {
  const at = url.indexOf('?');
  return { authorization, cookie, host, search: at === -1 ? '' : url.slice(at) };
}

function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    // No answer is a page to be put into another one; what serves pages says what they may do.
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
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
  if (!pages.has(request)) return reply.code(status).type(PROBLEM_TYPE).send(problem);
  return reply.code(status).headers(PAGE_HEADERS).type(PAGE_TYPE).send(problemPage(problem));
}

function loggedRequest(request: FastifyRequest) {
  return { method: request.method, path: pathOf(request), remoteAddress: request.ip };
}

// Without the query: a token put there by mistake must not get into the log.
function pathOf({ url }: FastifyRequest): string {
  return (url.split('?')[0] ?? '').slice(0, 200);
}
