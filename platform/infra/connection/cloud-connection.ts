import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import type { SkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { readLimited } from '../../../content/remote/body.ts';
import { isCertificateError } from '../../../content/remote/certificate-error.ts';
import { isNetworkError, networkMessage } from '../../../content/remote/network-error.ts';
import { Pace } from '../../../content/remote/pace.ts';
import { DEFAULT_RETRY, type RetryPolicy, retry, TryAgain } from '../../../content/remote/retry.ts';
import { infraError } from '../errors.ts';

export interface CloudAddress {
  /** http(s)://HOST[:PORT][/PATH]; paths of requests are put behind it. */
  readonly url: string;
  /** Certificates (PEM) trusted for it in place of the system's. */
  readonly ca?: string | undefined;
  /** 10 when absent. */
  readonly requestsPerSecond?: number | undefined;
}

export interface CloudConnectionOptions {
  readonly retry?: RetryPolicy | undefined;
  /** Shared by the connections to several services of one cloud; else one of its own. */
  readonly pace?: Pace | undefined;
  /** How long the cloud may think about one request, in milliseconds; 30 s when absent. */
  readonly answerWithinMs?: number | undefined;
}

export interface CloudRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query; only what is before the query stands in errors. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  /** Whether it may be sent once more when it is not known what became of it; true for all but POST when absent. */
  readonly repeatable?: boolean | undefined;
}

export interface CloudAnswer {
  readonly status: number;
  readonly text: string;
  /** JSON, not narrowed yet; undefined where it is none. */
  readonly body: unknown;
  header(name: string): string | undefined;
}

const ANSWER_WITHIN_MS = 30_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const RETRY: RetryPolicy = { ...DEFAULT_RETRY, tries: 3, maxPauseMs: 4000, maxAskedMs: 30_000 };
const BUSY = new Set([429, 502, 503, 504]);

/** HTTP to the API of one cloud: certificates, pace, retries, limits of time and size. Follows no redirect. */
export class CloudConnection {
  readonly #base: URL;
  readonly #retry: RetryPolicy;
  readonly #pace: Pace;
  readonly #answerWithinMs: number;
  readonly #dispatcher: Dispatcher;

  /** Throws ACCOUNT_INVALID for an address or certificate that is none. */
  constructor({ url, ca, requestsPerSecond = 10 }: CloudAddress, options: CloudConnectionOptions = {}) {
    this.#base = baseOf(url);
    this.#retry = options.retry ?? RETRY;
    this.#pace = options.pace ?? new Pace(requestsPerSecond, this.#retry.sleep);
    this.#answerWithinMs = options.answerWithinMs ?? ANSWER_WITHIN_MS;
    const tls = this.#base.protocol === 'https:' ? { secureContext: secureContext(url, ca) } : {};
    this.#dispatcher = new Agent({ allowH2: false, connections: 8, connect: tls });
  }

  /** Host and port, as they may stand in errors. */
  get host(): string {
    return this.#base.host;
  }

  /**
   * Sends a request until it is answered, and gives the answer whatever its status: what 401 or 409 means the caller
   * knows. Throws CLOUD_UNREACHABLE (also after 429, 502 to 504 time and again), CLOUD_CERTIFICATE_CHANGED and
   * CLOUD_ANSWER_INVALID.
   */
  async send(request: CloudRequest, signal: AbortSignal): Promise<CloudAnswer> {
    const isRepeatable = request.repeatable ?? request.method !== 'POST';
    return await retry(this.#retry, signal, async () => {
      const answer = await this.#attempt(request, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        if (!isNetworkError(error)) throw error;
        if (isCertificateError(error)) throw this.#failure('CLOUD_CERTIFICATE_CHANGED', request, error);
        const failure = this.#failure('CLOUD_UNREACHABLE', request, error);
        throw isRepeatable ? new TryAgain(failure) : failure;
      });
      if (!BUSY.has(answer.status)) return answer;
      const failure = this.#failure('CLOUD_UNREACHABLE', request, new Error(`status ${answer.status}`));
      if (!isRepeatable && answer.status !== 429 && answer.status !== 503) throw failure;
      throw new TryAgain(failure, { afterMs: secondsOf(answer.header('retry-after')) });
    });
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #attempt(request: CloudRequest, signal: AbortSignal): Promise<CloudAnswer> {
    await this.#pace.turn(signal);
    const { method, path, body, contentType = 'application/json' } = request;
    const response = await this.#dispatcher.request({
      origin: this.#base.origin,
      path: this.#base.pathname.replace(/\/$/, '') + path,
      method,
      headers: {
        accept: 'application/json',
        'user-agent': 'skerry',
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...definedOf(request.headers),
      },
      body: body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body),
      headersTimeout: this.#answerWithinMs,
      bodyTimeout: this.#answerWithinMs,
      signal,
    });
    const bytes = await readLimited(response.body, MAX_ANSWER_BYTES);
    if (bytes.byteLength > MAX_ANSWER_BYTES)
      throw this.#failure('CLOUD_ANSWER_INVALID', request, new Error(`more than ${MAX_ANSWER_BYTES} bytes`));
    const text = bytes.toString('utf8');
    return {
      status: response.statusCode,
      text,
      body: tryJson(text),
      header: (name) => firstOf(response.headers[name.toLowerCase()]),
    };
  }

  #failure(
    code: 'CLOUD_UNREACHABLE' | 'CLOUD_CERTIFICATE_CHANGED' | 'CLOUD_ANSWER_INVALID',
    { method, path }: CloudRequest,
    cause: unknown,
  ): SkerryError {
    const detail = `${method} ${path.split('?')[0]}: ${networkMessage(cause)}`;
    return infraError(code, { subject: this.host, detail, cause });
  }
}

function baseOf(url: string): URL {
  const base = URL.parse(url);
  const isHttp = base?.protocol === 'https:' || base?.protocol === 'http:';
  // What stands before the host would be shown wherever the address is.
  if (base !== null && isHttp && base.username === '' && base.password === '') return base;
  throw infraError('ACCOUNT_INVALID', {
    subject: 'endpoint',
    detail: 'is not an http(s) address without user and password',
  });
}

function secureContext(url: string, ca: string | undefined) {
  try {
    // What is no certificate would be passed over by createSecureContext.
    if (ca !== undefined) new X509Certificate(ca);
    return createSecureContext({ ca: trusted(ca), minVersion: 'TLSv1.2', ...PINNED });
  } catch (cause) {
    throw infraError('ACCOUNT_INVALID', { subject: url, detail: 'ca is no certificate in PEM', cause });
  }
}

/** A certificate that was pinned counts, whether or not it is of an authority. */
const PINNED = { allowPartialTrustChain: true };

function trusted(ca: string | undefined): string[] {
  if (ca !== undefined) return [ca];
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}

function definedOf(headers: CloudRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

// RFC 9110, 10.2.3; a date is waited for as usual.
function secondsOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,4}$/.test(value) ? Number(value) * 1000 : undefined;
}
