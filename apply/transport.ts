import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  type KubeConfig,
  RequestContext,
} from '@kubernetes/client-node';
import { isSkerryError, messageOf } from '../content/error.ts';
import { createAuthentication } from './authentication.ts';
import { type Clock, systemClock } from './clock.ts';
import { applyError } from './errors.ts';
import { type Answer, asksForRetry, codeOf, isTransient, pauseMs, retryAfterMs } from './retry.ts';

/** One call to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path, e.g. `/api/v1/namespaces`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `application/json` when absent. */
  readonly contentType?: string | undefined;
  /** For messages: what the call is about. */
  readonly subject: string;
  /** For one attempt, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiResponse {
  readonly status: number;
  readonly text: string;
}

export interface TransportOptions {
  /** How often a call is tried before it counts as failed. */
  readonly attempts?: number | undefined;
  readonly clock?: Clock | undefined;
  /** A number from 0 to 1; spreads the retries of many clients. */
  readonly random?: (() => number) | undefined;
}

/** HTTP to one API server with the authentication of a kubeconfig. */
export interface Transport {
  readonly server: string;
  /** Any HTTP status is an answer; throws CLUSTER_UNREACHABLE where there is none after all attempts. */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** One attempt; a body that goes on until the server or the signal ends it. */
  stream(request: ApiRequest): Promise<{ status: number; body: AsyncIterable<Uint8Array> }>;
}

const DEFAULT_ATTEMPTS = 5;
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * client-node's typed calls drop fields that its own Kubernetes version doesn't know, so only its kubeconfig,
 * authentication and HTTP are used here and bodies stay plain JSON.
 */
export function createTransport(config: KubeConfig, options: TransportOptions = {}): Transport {
  const { attempts = DEFAULT_ATTEMPTS, clock = systemClock, random = Math.random } = options;
  const server = config.getCurrentCluster()?.server ?? '';
  const authenticate = createAuthentication(config, clock);
  const http = new IsomorphicFetchHttpLibrary();

  const open = async (request: ApiRequest, signal: AbortSignal | undefined) => {
    const context = new RequestContext(urlOf(server, request), HttpMethod[request.method]);
    await authenticate(context, request.subject);
    context.setHeaderParam('Accept', 'application/json');
    context.setHeaderParam('User-Agent', 'skerry');
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
      context.setBody(JSON.stringify(request.body));
    }
    if (signal !== undefined) context.setSignal(signal);
    return http.send(context).toPromise();
  };

  const attempt = async (request: ApiRequest): Promise<Answer> => {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
    const response = await open(request, signal);
    return {
      status: response.httpStatusCode,
      text: await response.body.text(),
      retryAfter: response.headers['retry-after'],
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
      const { httpStatusCode, body } = result.value;
      return { status: httpStatusCode, body: body.stream() ?? emptyBody() };
    },
  };
}

function urlOf(server: string, { path, query = {} }: ApiRequest): string {
  const url = new URL(server.replace(/\/$/, '') + path);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url.href;
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
  const code = codeOf(error);
  const detail = `${subject}: ${messageOf(error)}${code === undefined ? '' : ` ${code}`}`;
  return applyError('CLUSTER_UNREACHABLE', { subject: server, detail, cause: error });
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}
