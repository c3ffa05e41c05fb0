import type { Dispatcher } from 'undici';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { isNetworkError } from '../../content/remote/network-error.ts';
import { type Clock, systemClock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { jsonText } from '../json.ts';
import type { ApiServer } from './api-server.ts';
import { createAuthentication } from './authentication.ts';
import { type Answer, asksForRetry, codeOf, isTransient, pauseMs, retryAfterMs } from './retry.ts';

/** One call to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path, e.g. `/api/v1/namespaces`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `application/json` when absent. */
  readonly contentType?: string | undefined;
  /** What kinds of answer are taken; JSON when absent. */
  readonly accept?: string | undefined;
  /** Further headers; a list is sent as one header for each. */
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined;
  /** For messages: what the call is about. */
  readonly subject: string;
  /** For one attempt, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiResponse {
  readonly status: number;
  readonly text: string;
  readonly contentType?: string | undefined;
}

export interface TransportOptions {
  /** How often a call is tried before it counts as failed. */
  readonly attempts?: number | undefined;
  readonly clock?: Clock | undefined;
  /** A number from 0 to 1; spreads the retries of many clients. */
  readonly random?: (() => number) | undefined;
}

/** HTTP to one API server. */
export interface Transport {
  readonly server: string;
  /** Any HTTP status is an answer; throws CLUSTER_UNREACHABLE where there is none after all attempts. */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** One attempt; a body that goes on until the server or the signal ends it. */
  stream(request: ApiRequest): Promise<{ status: number; body: AsyncIterable<Uint8Array> }>;
  /** One attempt, as it comes over the wire; network errors are thrown as they are, for callers with retries of their own. */
  open(request: WireRequest): Promise<Dispatcher.ResponseData>;
}

export interface WireRequest extends Pick<ApiRequest, 'path' | 'subject' | 'signal'> {
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long the server may think before it answers. */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_ATTEMPTS = 5;
const DEFAULT_TIMEOUT_MS = 30_000;

/** Calls of an API server, each with the authentication of that moment. */
export function createTransport(apiServer: ApiServer, options: TransportOptions = {}): Transport {
  const { attempts = DEFAULT_ATTEMPTS, clock = systemClock, random = Math.random } = options;
  const { url: server } = apiServer;
  const authenticate = createAuthentication(apiServer, clock);

  const open = async (request: ApiRequest, signal: AbortSignal | undefined) => {
    const { origin, pathname, search } = urlOf(server, request);
    const { headers, connections } = await authenticate(request.subject);
    const { method, body, accept = 'application/json', contentType = 'application/json' } = request;
    return await connections.request({
      ...{ origin, path: `${pathname}${search}`, method, signal: signal ?? null },
      headers: {
        ...{ ...request.headers, ...headers, accept, 'user-agent': 'skerry' },
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      body: body === undefined ? null : jsonText(body),
    });
  };

  const attempt = async (request: ApiRequest): Promise<Answer> => {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
    const { statusCode, headers, body } = await open(request, signal);
    return {
      status: statusCode,
      text: await body.text(),
      retryAfter: headerOf(headers, 'retry-after'),
      contentType: headerOf(headers, 'content-type'),
    };
  };

  return {
    server,
    send: async (request) => {
      for (let tries = 1; ; tries++) {
        request.signal?.throwIfAborted();
        const result = await settle(attempt(request), request.signal);
        const last = tries >= attempts;
        if ('error' in result) {
          if (last || !isTransient(result.error)) throw unreachable(server, request.subject, result.error);
        } else if (last || !asksForRetry(result.value)) {
          return result.value;
        }
        const asked = 'value' in result ? retryAfterMs(result.value.retryAfter) : undefined;
        await clock.sleep(asked ?? pauseMs(tries, random), request.signal);
      }
    },
    stream: async (request) => {
      const result = await settle(open(request, request.signal), request.signal);
      if ('error' in result) throw unreachable(server, request.subject, result.error);
      const { statusCode, body } = result.value;
      return { status: statusCode, body };
    },
    open: async ({ method, path, headers, subject, signal, timeoutMs = DEFAULT_TIMEOUT_MS }) => {
      const { origin, pathname, search } = urlOf(server, { method, path, subject });
      const own = await authenticate(subject);
      return await own.connections.request({
        ...{ origin, path: `${pathname}${search}`, method, signal: signal ?? null },
        headers: { 'user-agent': 'skerry', ...headers, ...own.headers },
        headersTimeout: timeoutMs,
        // undici would close the connection after each HEAD.
        ...(method === 'HEAD' ? { reset: false } : {}),
      });
    },
  };
}

function urlOf(server: string, { path, query = {} }: ApiRequest): URL {
  const url = URL.parse(server.replace(/\/$/, '') + path);
  if (url === null)
    throw applyError('KUBECONFIG_INVALID', { subject: server, detail: 'not the address of a server' });
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url;
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>, name: string) {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

async function settle<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    signal?.throwIfAborted();
    return { error };
  }
}

function unreachable(server: string, subject: string, error: unknown): Error {
  if (isSkerryError(error)) return error;
  // A mistake of ours must not be told as the cluster's absence.
  if (error instanceof Error && !isNetworkTrouble(error)) return error;
  const code = codeOf(error);
  const detail = `${subject}: ${messageOf(error)}${code === undefined ? '' : ` ${code}`}`;
  return applyError('CLUSTER_UNREACHABLE', { subject: server, detail, cause: error });
}

function isNetworkTrouble(error: Error): boolean {
  if (isTransient(error) || isNetworkError(error)) return true;
  return error.cause instanceof Error && codeOf(error.cause) !== undefined && isNetworkTrouble(error.cause);
}
