import { createSecureContext } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { CHUNK_BYTES } from '../bytes/chunk-memory.ts';
import { diskError } from '../bytes/disk-error.ts';
import { contentError } from '../errors.ts';
import { isThisMachine } from './address.ts';
import { Authorization } from './authorization.ts';
import { readLimited } from './body.ts';
import { chunkedReads } from './chunked-reads.ts';
import type { CredentialSource } from './credentials.ts';
import { failureOf, isTransient, tryAgain } from './failure.ts';
import { isNetworkError, networkMessage } from './network-error.ts';
import { Pace } from './pace.ts';
import { DEFAULT_RETRY, type RetryPolicy, retry, TryAgain } from './retry.ts';
import { trusted } from './trusted.ts';
import type { UploadSessions } from './upload-sessions.ts';

export interface RemoteOptions {
  readonly credentials?: CredentialSource | undefined;
  /** PEM certificates trusted besides the system's. */
  readonly ca?: string | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** What this client shows of itself, in PEM. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string } | undefined;
  /** The address of a proxy for this registry, whatever the environment says. */
  readonly proxy?: string | undefined;
  /** Takes `HTTPS_PROXY` and `NO_PROXY` from the environment, except for this machine itself. */
  readonly useProxy?: boolean | undefined;
  /** It stands for another registry, and may be a cache that lists but what somebody has asked for before. */
  readonly isMirror?: boolean | undefined;
  /** Where uploads are remembered that another run goes on with; they begin from their start when absent. */
  readonly sessions?: UploadSessions | undefined;
  /** How much it may be asked; as much as there is to ask when absent. */
  readonly limits?: RegistryLimits | undefined;
  /** Called before each wait that a registry asks for. */
  readonly onWait?: ((wait: RegistryWait) => void) | undefined;
  /** What requests are sent with, in place of connections to the address itself: for a registry behind something else. */
  readonly wire?: RegistryWire | undefined;
}

/** Sends a request once, as undici's dispatchers do. */
export interface RegistryWire {
  request(options: Dispatcher.RequestOptions): Promise<RegistryResponse>;
  close(): Promise<void>;
}

/** How much a registry may be asked. */
export interface RegistryLimits {
  /** Requests that begin in a second. */
  readonly requestsPerSecond?: number | undefined;
  /** Requests under way at a time, each on a connection of its own; 16 when absent. */
  readonly connections?: number | undefined;
  /** Milliseconds after which a connection on which nothing moves is given up; a minute when absent. */
  readonly idleMs?: number | undefined;
}

/** A registry has asked to be left alone for a while. */
export interface RegistryWait {
  /** Host and port of the registry. */
  readonly host: string;
  readonly ms: number;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A path on the registry, or the absolute address of a Location header. */
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: Dispatcher.DispatchOptions['body'];
  /** What a token must allow, e.g. `repository:team/app:pull`. */
  readonly scopes: readonly string[];
  /** How long the registry may think before it answers; a minute when absent. */
  readonly answerWithinMs?: number | undefined;
  /** How often it is tried where that is less than for others. */
  readonly tries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type RegistryResponse = Dispatcher.ResponseData;

const ANSWER_WITHIN_MS = 60_000;
/** A connection on which nothing moves for so long is given up. */
const IDLE_TIMEOUT_MS = 60_000;
const CONNECTIONS = 16;
const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/** HTTP to one registry: authentication, redirects, retries, timeouts. */
export class RegistryClient {
  readonly origin: string;
  readonly retryPolicy: RetryPolicy;
  readonly #wire: RegistryWire;
  readonly #authorization: Authorization;
  readonly #onWait: (ms: number) => void;
  readonly #pace: Pace | undefined;

  constructor(origin: string, options: RemoteOptions = {}) {
    this.origin = new URL(origin).origin;
    this.retryPolicy = options.retry ?? DEFAULT_RETRY;
    this.#onWait = (ms) => options.onWait?.({ host: new URL(origin).host, ms });
    const perSecond = options.limits?.requestsPerSecond;
    this.#pace = perSecond === undefined ? undefined : new Pace(perSecond, this.retryPolicy.sleep);
    this.#wire = options.wire ?? dispatcherFor(new URL(origin), options);
    this.#authorization = new Authorization(
      origin,
      this.#wire,
      options.credentials ?? (async () => undefined),
      this.retryPolicy,
    );
  }

  /** Sends a request that may be sent again: its body is not a stream. Retries what is worth a retry. */
  async send(request: RegistryRequest): Promise<RegistryResponse> {
    return await this.#retry(request, () => this.try(request));
  }

  /** As send; the body of an answer 200 is read whole, which is retried too. Throws REGISTRY_ERROR beyond `limit` bytes. */
  async read(
    request: RegistryRequest,
    limit: number,
  ): Promise<{ readonly response: RegistryResponse; readonly bytes: Buffer }> {
    return await this.#retry(request, async () => {
      const response = await this.try(request);
      if (response.statusCode !== 200) return { response, bytes: Buffer.alloc(0) };
      const bytes = await readLimited(response.body, limit).catch((error: unknown) => {
        throw this.#network(request, error);
      });
      if (bytes.byteLength <= limit) return { response, bytes };
      throw contentError('REGISTRY_ERROR', {
        subject: this.#redacted(request.url),
        detail: `the answer has more than ${limit} bytes`,
      });
    });
  }

  /** As `retry`, with this registry's policy. */
  async retry<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    return await retry(this.retryPolicy, signal, attempt, this.#onWait);
  }

  /** Sends a request once, for use inside `retry`: throws TryAgain for what is worth another try. */
  async try(request: RegistryRequest): Promise<RegistryResponse> {
    const response = await this.#authorized(request).catch((error: unknown) => {
      throw this.#network(request, error);
    });
    if (!isTransient(response.statusCode)) return response;
    const failure = await this.failure(request, response);
    throw tryAgain(failure, response, this.retryPolicy);
  }

  /** The error for an answer that was not expected; reads its body. */
  async failure(request: RegistryRequest, response: RegistryResponse) {
    return await failureOf(
      `${request.method} ${this.#redacted(request.url)}`,
      response,
      this.retryPolicy.maxAskedMs,
    );
  }

  unreachable(request: RegistryRequest, cause: unknown) {
    return contentError('REGISTRY_UNREACHABLE', {
      subject: new URL(this.origin).host,
      detail: `${request.method} ${this.#redacted(request.url)}: ${networkMessage(cause)}`,
      cause,
    });
  }

  async close(): Promise<void> {
    await this.#wire.close();
  }

  async #retry<T>({ signal, tries }: RegistryRequest, attempt: () => Promise<T>): Promise<T> {
    const policy = tries === undefined ? this.retryPolicy : { ...this.retryPolicy, tries };
    return await retry(policy, signal, attempt, this.#onWait);
  }

  #network(request: RegistryRequest, error: unknown): unknown {
    request.signal?.throwIfAborted();
    if (isNetworkError(error)) return new TryAgain(this.unreachable(request, error));
    // Sockets need descriptors as files do.
    return diskError(error, new URL(this.origin).host);
  }

  // A stream can't be sent twice: who sends one meets the 401 and goes on from there.
  async #authorized(request: RegistryRequest): Promise<RegistryResponse> {
    const known = this.#authorization.known(request.scopes);
    const first = await this.#follow(request, known);
    if (first.statusCode !== 401 || isStream(request.body)) return first;
    await first.body.dump();
    const header = await this.#authorization.answer(first.headers['www-authenticate'], request, known);
    if (header !== undefined) return await this.#follow(request, header);
    throw contentError('REGISTRY_DENIED', {
      subject: `${request.method} ${this.#redacted(request.url)}`,
      detail: 'no credentials',
    });
  }

  // Blobs are often redirected to another host, which must not get the registry's authorization.
  async #follow(request: RegistryRequest, authorization: string | undefined): Promise<RegistryResponse> {
    let url = this.#resolve(request.url, this.origin);
    for (let hop = 0; ; hop++) {
      if (url.origin === this.origin) await this.#pace?.turn(request.signal);
      const response = await this.#wire.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: {
          'user-agent': 'skerry',
          // Digests are of the bytes as they are (RFC 9110, section 12.5.3).
          'accept-encoding': 'identity',
          ...request.headers,
          ...(url.origin === this.origin && authorization ? { authorization } : {}),
        },
        body: request.body ?? null,
        // undici would close the connection after each HEAD, and half of what a copy asks is HEAD. A server that sends a
        // body after all spoils the connection for the next request, which is tried again.
        ...(request.method === 'HEAD' ? { reset: false } : {}),
        highWaterMark: CHUNK_BYTES,
        headersTimeout: request.answerWithinMs ?? ANSWER_WITHIN_MS,
        signal: request.signal ?? null,
      });
      const { location } = response.headers;
      const redirect = REDIRECTS.includes(response.statusCode) && typeof location === 'string';
      if (!redirect || !['GET', 'HEAD'].includes(request.method)) return response;
      await response.body.dump();
      if (hop >= MAX_REDIRECTS) throw this.#lost(request.url, 'redirected too often');
      url = this.#resolve(location, url);
    }
  }

  // Whoever listens on the way must not read what HTTPS protected so far.
  #resolve(text: string, base: string | URL): URL {
    const url = URL.parse(text, base);
    const secure = new URL(base).protocol === 'https:';
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && !secure)) return url;
    throw this.#lost(text, `leads from ${new URL(base).origin} to ${url?.origin ?? 'no address'}`);
  }

  #lost(url: string, detail: string) {
    return contentError('REGISTRY_ERROR', { subject: this.#redacted(url), detail });
  }

  // Upload locations and redirects carry signed queries: they don't belong into messages.
  #redacted(text: string): string {
    const url = URL.parse(text, this.origin);
    return url === null ? this.origin : `${url.origin}${url.pathname}`;
  }
}

function dispatcherFor(origin: URL, options: RemoteOptions): Dispatcher {
  const { ca, useProxy, clientCertificate, proxy, limits } = options;
  // Reading the machine's certificates takes a tenth of a second.
  const tls =
    origin.protocol === 'https:' || ca !== undefined
      ? { secureContext: createSecureContext({ ...clientCertificate, ca: trusted(ca) }) }
      : {};
  const connections = Math.max(1, Math.trunc(limits?.connections ?? CONNECTIONS));
  // HTTP/1.1 alone: blobs come faster over several connections than over one.
  const settings = { bodyTimeout: limits?.idleMs ?? IDLE_TIMEOUT_MS, connections, allowH2: false };
  if (proxy !== undefined) {
    const always = { httpProxy: proxy, httpsProxy: proxy, noProxy: '' };
    return new EnvHttpProxyAgent({ ...settings, ...always, connect: tls, requestTls: tls });
  }
  return useProxy && !isThisMachine(origin)
    ? new EnvHttpProxyAgent({ ...settings, connect: tls, requestTls: tls })
    : new Agent({ ...settings, connect: { ...tls, onread: chunkedReads } });
}

function isStream(body: RegistryRequest['body']): boolean {
  return body !== undefined && body !== null && typeof body === 'object' && !(body instanceof Uint8Array);
}
