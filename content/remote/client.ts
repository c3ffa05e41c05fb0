import { Agent, type Dispatcher, EnvHttpProxyAgent, errors } from 'undici';
import { z } from 'zod';
import { contentError } from '../errors.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { DEFAULT_RETRY, type RetryPolicy, retry, TryAgain } from './retry.ts';

export interface RemoteOptions {
  readonly credentials?: CredentialSource | undefined;
  /** PEM certificates trusted besides the system's. */
  readonly ca?: string | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Takes `HTTPS_PROXY` and `NO_PROXY` from the environment. */
  readonly useProxy?: boolean | undefined;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A path on the registry, or the absolute address of a Location header. */
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: Dispatcher.DispatchOptions['body'];
  /** What a token must allow, e.g. `repository:team/app:pull`. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export type RegistryResponse = Dispatcher.ResponseData;

const HEADERS_TIMEOUT_MS = 60_000;
/** A connection on which nothing moves for so long is given up. */
const IDLE_TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 5;
const MAX_ERROR_BYTES = 16 * 1024;
/** RFC 9110: 429 and 503 may carry Retry-After; the others are what overloaded proxies and registries send. */
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

const Token = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});
const ErrorBody = z.looseObject({
  errors: z.array(z.looseObject({ code: z.string().optional(), message: z.string().optional() })),
});

/**
 * HTTP to one registry: authentication (distribution-spec leaves it open; every registry does docker's token flow or
 * Basic), redirects, retries, timeouts.
 */
export class RegistryClient {
  readonly origin: string;
  readonly retryPolicy: RetryPolicy;
  readonly #host: string;
  readonly #dispatcher: Dispatcher;
  readonly #credentials: CredentialSource;
  /** Authorization header by scope; short-lived, dropped when refused. */
  readonly #authorization = new Map<string, { value: string; expires: number }>();

  constructor(origin: string, options: RemoteOptions = {}) {
    this.origin = origin;
    this.#host = new URL(origin).host;
    this.retryPolicy = options.retry ?? DEFAULT_RETRY;
    this.#credentials = options.credentials ?? (async () => undefined);
    const settings = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: IDLE_TIMEOUT_MS,
      connections: 16,
      ...(options.ca === undefined ? {} : { connect: { ca: options.ca } }),
    };
    this.#dispatcher = options.useProxy ? new EnvHttpProxyAgent(settings) : new Agent(settings);
  }

  /** Sends a request that may be sent again: its body is not a stream. Retries what is worth a retry. */
  async send(request: RegistryRequest): Promise<RegistryResponse> {
    return await retry(this.retryPolicy, request.signal, async () => {
      const response = await this.sendOnce(request).catch((error: unknown) => {
        request.signal?.throwIfAborted();
        throw isNetworkError(error) ? new TryAgain(this.unreachable(request, error)) : error;
      });
      if (!TRANSIENT.has(response.statusCode)) return response;
      throw new TryAgain(await this.failure(request, response), retryAfterMs(response));
    });
  }

  /** Sends a request once, answering a challenge if it meets one. Network errors come as they are. */
  async sendOnce(request: RegistryRequest): Promise<RegistryResponse> {
    const first = await this.#follow(request, this.#known(request.scopes));
    if (first.statusCode !== 401 || isStream(request.body)) return first;
    const header = first.headers['www-authenticate'];
    await first.body.dump();
    const authorization = await this.#authorize(parseChallenges([header].flat().join(', ')), request);
    if (authorization === undefined) throw await this.denied(request);
    return await this.#follow(request, authorization);
  }

  /** The error for an answer that was not expected; reads its body. */
  async failure(request: RegistryRequest, response: RegistryResponse) {
    const subject = `${request.method} ${this.#redacted(request.url)}`;
    const { statusCode } = response;
    const text = (await readLimited(response.body, MAX_ERROR_BYTES)).toString();
    const parsed = ErrorBody.safeParse(tryJson(text));
    const said = parsed.success
      ? parsed.data.errors.map(({ code, message }) => [code, message].filter(Boolean).join(': ')).join('; ')
      : '';
    const detail = `status ${statusCode}${said ? `, ${said}` : ''}`;
    if (statusCode === 401 || statusCode === 403) return contentError('REGISTRY_DENIED', { subject, detail });
    if (statusCode === 507) return contentError('DISK_FULL', { subject, detail });
    return contentError('REGISTRY_ERROR', { subject, detail });
  }

  unreachable(request: RegistryRequest, cause: unknown) {
    return contentError('REGISTRY_UNREACHABLE', {
      subject: this.#host,
      detail: `${request.method} ${this.#redacted(request.url)}: ${cause instanceof Error ? cause.message : 'no answer'}`,
      cause,
    });
  }

  async denied(request: RegistryRequest) {
    return contentError('REGISTRY_DENIED', {
      subject: `${request.method} ${this.#redacted(request.url)}`,
      detail: 'no credentials',
    });
  }

  async close(): Promise<void> {
    await this.#dispatcher.close();
  }

  // Blobs are often redirected to another host, which must not get the registry's authorization.
  async #follow(request: RegistryRequest, authorization: string | undefined): Promise<RegistryResponse> {
    let url = new URL(request.url, this.origin);
    for (let hop = 0; ; hop++) {
      const ours = url.origin === new URL(this.origin).origin;
      const response = await this.#dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: {
          'user-agent': 'skerry',
          ...request.headers,
          ...(ours && authorization ? { authorization } : {}),
        },
        body: request.body ?? null,
        signal: request.signal ?? null,
      });
      const { location } = response.headers;
      const redirect =
        [301, 302, 303, 307, 308].includes(response.statusCode) && typeof location === 'string';
      if (!redirect || !['GET', 'HEAD'].includes(request.method)) return response;
      await response.body.dump();
      const next = new URL(location, url);
      const downgrade = url.protocol === 'https:' && next.protocol !== 'https:';
      if (hop >= MAX_REDIRECTS || downgrade || !/^https?:$/.test(next.protocol)) {
        throw contentError('REGISTRY_ERROR', {
          subject: this.#redacted(request.url),
          detail: 'redirected to nowhere good',
        });
      }
      url = next;
    }
  }

  #known(scopes: readonly string[]): string | undefined {
    const known = this.#authorization.get(scopes.join(' '));
    return known !== undefined && known.expires > Date.now() ? known.value : undefined;
  }

  async #authorize(challenges: Challenge[], request: RegistryRequest): Promise<string | undefined> {
    const credentials = await this.#credentials(this.#host);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    const found = bearer
      ? await this.#fetchToken(bearer, request, credentials)
      : basic && credentials && { value: basicHeader(credentials), expires: Number.POSITIVE_INFINITY };
    if (found) this.#authorization.set(request.scopes.join(' '), found);
    return found?.value;
  }

  // docker's token authentication: GET realm?service=…&scope=…, with Basic where there are credentials.
  async #fetchToken(
    { parameters }: Challenge,
    request: RegistryRequest,
    credentials: Credentials | undefined,
  ) {
    const url = new URL(parameters.realm ?? '', this.origin);
    if (parameters.service) url.searchParams.set('service', parameters.service);
    const scopes =
      request.scopes.length > 0 ? request.scopes : (parameters.scope ?? '').split(' ').filter(Boolean);
    for (const scope of scopes) url.searchParams.append('scope', scope);
    if (credentials && url.protocol !== 'https:' && url.origin !== new URL(this.origin).origin)
      return undefined;
    const response = await this.#dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers: credentials ? { authorization: basicHeader(credentials) } : {},
      signal: request.signal ?? null,
    });
    if (response.statusCode !== 200) throw await this.failure(request, response);
    const answer = Token.safeParse(tryJson((await readLimited(response.body, 64 * 1024)).toString()));
    const token = answer.data?.token ?? answer.data?.access_token;
    if (token === undefined) return undefined;
    // Used for nine tenths of its life; 60 s is what the token specification says where nothing is said.
    return { value: `Bearer ${token}`, expires: Date.now() + (answer.data?.expires_in ?? 60) * 900 };
  }

  // Upload locations and redirects carry signed queries: they don't belong into messages.
  #redacted(url: string): string {
    const { pathname } = new URL(url, this.origin);
    return `${this.origin}${pathname}`;
  }
}

/** Reads a body of at most `limit` bytes; the rest is dropped. */
export async function readLimited(body: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    chunks.push(chunk);
    if (size > limit) break;
  }
  return Buffer.concat(chunks);
}

export function isNetworkError(error: unknown): boolean {
  if (error instanceof errors.UndiciError) return true;
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^(E[A-Z]|UND_|ERR_|CERT_|DEPTH_|SELF_|UNABLE_)/.test(error.code)
  );
}

function retryAfterMs(response: RegistryResponse): number | undefined {
  const value = response.headers['retry-after'];
  const seconds = typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

function basicHeader({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function isStream(body: RegistryRequest['body']): boolean {
  return body !== undefined && body !== null && typeof body === 'object' && !(body instanceof Uint8Array);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
