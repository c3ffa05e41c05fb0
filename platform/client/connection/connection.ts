import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import { tryJson } from '../../../content/json.ts';
import { readLimited } from '../../../content/remote/body.ts';
import { isNetworkError, networkMessage } from '../../../content/remote/network-error.ts';
import { DEFAULT_RETRY, type RetryPolicy, retry, TryAgain } from '../../../content/remote/retry.ts';
import { platformError } from '../../errors.ts';
import { readEvents, type StreamEvent } from './event-stream.ts';
import { problemError } from './problem-error.ts';

/** Where a hub is, how it is known, and who asks. */
export interface HubAddress {
  /** https://HOST[:PORT] */
  readonly url: string;
  /** Certificates (PEM) trusted for it in place of the system's. */
  readonly ca?: string | undefined;
  /** A Kubernetes bearer token, or what gives the one of the moment. */
  readonly token?: string | (() => Promise<string>) | undefined;
}

export interface ConnectionOptions {
  readonly retry?: RetryPolicy | undefined;
  /** How long the hub may think about one request, in milliseconds. */
  readonly answerWithinMs?: number | undefined;
  /** How long a stream of events may say nothing, in milliseconds; the hub's heartbeats come more often. */
  readonly silenceMs?: number | undefined;
}

export interface HubRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  /**
   * Whether it may be sent once more when nobody knows what became of it. True when absent: all operations of the hub
   * are made so that the second time does no harm, or is refused with a code that says so.
   */
  readonly repeatable?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HubAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  /** JSON, not narrowed yet; undefined where there was no body. */
  readonly body: unknown;
}

const ANSWER_WITHIN_MS = 30_000;
const SILENCE_MS = 60_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const RETRY: RetryPolicy = { ...DEFAULT_RETRY, tries: 5, maxPauseMs: 4000, maxAskedMs: 60_000 };

/** HTTPS to one hub: authentication, retries, timeouts, limits. */
export class HubConnection {
  readonly #origin: string;
  readonly #token: HubAddress['token'];
  readonly #retry: RetryPolicy;
  readonly #answerWithinMs: number;
  readonly #silenceMs: number;
  readonly #dispatcher: Dispatcher;

  constructor({ url, ca, token }: HubAddress, options: ConnectionOptions = {}) {
    this.#origin = new URL(url).origin;
    this.#token = token;
    this.#retry = options.retry ?? RETRY;
    this.#answerWithinMs = options.answerWithinMs ?? ANSWER_WITHIN_MS;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    this.#dispatcher = new Agent({
      allowH2: false,
      connections: 8,
      connect: { secureContext: createSecureContext({ ca: trusted(ca), minVersion: 'TLSv1.2', ...PINNED }) },
    });
  }

  /**
   * Sends a request until it is answered, and gives an answer that is a success. Throws HUB_UNREACHABLE,
   * HUB_ANSWER_INVALID, and the hub's own codes.
   */
  async send(request: HubRequest): Promise<HubAnswer> {
    return await retry(this.#retry, request.signal, async () => {
      try {
        const response = await this.#request(request, 'application/json', this.#answerWithinMs);
        const text = await this.#text(response);
        return this.#success(request, response, text);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (error instanceof TryAgain || !isNetworkError(error)) throw error;
        const failure = this.#unreachable(request, error);
        if (request.repeatable === false) throw failure;
        throw new TryAgain(failure);
      }
    });
  }

  /** The events that the hub sends, until it ends the stream or `signal` does. One try. Throws as send. */
  async *events(request: HubRequest): AsyncGenerator<StreamEvent, void, undefined> {
    try {
      const response = await this.#request(request, 'text/event-stream', this.#silenceMs);
      if (response.statusCode !== 200) this.#success(request, response, await this.#text(response));
      yield* readEvents(response.body);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof RangeError)
        throw platformError('HUB_ANSWER_INVALID', { subject: subjectOf(request), detail: error.message });
      if (error instanceof TryAgain) throw error.cause;
      throw isNetworkError(error) ? this.#unreachable(request, error) : error;
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #request(
    { method, path, ...request }: HubRequest,
    accept: string,
    withinMs: number,
  ): Promise<Dispatcher.ResponseData> {
    const headers: Record<string, string> = { accept, 'user-agent': 'skerry' };
    for (const [name, value] of Object.entries(request.headers ?? {}))
      if (value !== undefined) headers[name] = value;
    const token = typeof this.#token === 'function' ? await this.#token() : this.#token;
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
    return await this.#dispatcher.request({
      origin: this.#origin,
      path,
      method,
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      headersTimeout: this.#answerWithinMs,
      bodyTimeout: withinMs,
      signal: request.signal ?? null,
    });
  }

  async #text({ body }: Dispatcher.ResponseData): Promise<string> {
    const bytes = await readLimited(body, MAX_ANSWER_BYTES);
    if (bytes.byteLength <= MAX_ANSWER_BYTES) return bytes.toString('utf8');
    throw platformError('HUB_ANSWER_INVALID', {
      subject: this.#origin,
      detail: `the answer has more than ${MAX_ANSWER_BYTES} bytes`,
    });
  }

  #success(request: HubRequest, { statusCode, headers }: Dispatcher.ResponseData, text: string): HubAnswer {
    if (statusCode >= 200 && statusCode < 300) {
      const body = text === '' ? undefined : tryJson(text);
      const { etag } = headers;
      if (text !== '' && body === undefined)
        throw platformError('HUB_ANSWER_INVALID', { subject: subjectOf(request), detail: 'not JSON' });
      return { status: statusCode, etag: typeof etag === 'string' ? etag : undefined, body };
    }
    const failure = problemError(subjectOf(request), statusCode, text);
    if (statusCode !== 429 && statusCode !== 503) throw failure;
    throw new TryAgain(failure, { afterMs: this.#askedMs(headers['retry-after']) });
  }

  // RFC 9110, 10.2.3. The hub's own Retry-After is in seconds; a date from something between is waited for as usual.
  #askedMs(value: string | string[] | undefined): number | undefined {
    return typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) * 1000 : undefined;
  }

  #unreachable(request: HubRequest, cause: unknown) {
    return platformError('HUB_UNREACHABLE', {
      subject: this.#origin,
      detail: `${subjectOf(request)}: ${networkMessage(cause)}`,
      cause,
    });
  }
}

/** A certificate that was pinned counts, whether or not it is of an authority. */
const PINNED = { allowPartialTrustChain: true };

function trusted(ca: string | undefined): string[] {
  if (ca !== undefined) return [ca];
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}

function subjectOf({ method, path }: HubRequest): string {
  return `${method} ${path.split('?')[0]}`;
}
