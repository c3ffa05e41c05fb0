import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { SkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { readLimited } from './body.ts';
import { type RetryPolicy, TryAgain } from './retry.ts';

const MAX_ERROR_BYTES = 16 * 1024;
/** RFC 9110: 429 and 503 may carry Retry-After; the others are what overloaded proxies and registries send. */
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

/** The errors of distribution-spec, "Error Codes". */
const ErrorBody = z.looseObject({
  errors: z.array(z.looseObject({ code: z.string().optional(), message: z.string().optional() })),
});

/** The error for an answer that was not expected; reads its body. Makes REGISTRY_DENIED, REGISTRY_RATE_LIMITED, DISK_FULL, REGISTRY_ERROR. */
export async function failureOf(
  subject: string,
  response: Dispatcher.ResponseData,
  maxAskedMs: number,
): Promise<SkerryError> {
  const { statusCode } = response;
  // What the body would have said is lost when the connection breaks; the status is still true.
  const text = await readLimited(response.body, MAX_ERROR_BYTES).catch(() => '');
  const parsed = ErrorBody.safeParse(tryJson(text.toString()));
  const said = parsed.success
    ? parsed.data.errors.map(({ code, message }) => [code, message].filter(Boolean).join(': ')).join('; ')
    : '';
  const after = isTransient(statusCode) ? retryAfterMs(response, Date.now()) : undefined;
  const asks =
    after === undefined
      ? ''
      : `, asks to wait ${seconds(after)}; at most ${seconds(maxAskedMs)} are waited in all`;
  const detail = `status ${statusCode}${said ? `, ${said}` : ''}${asks}`;
  if (statusCode === 401 || statusCode === 403) return contentError('REGISTRY_DENIED', { subject, detail });
  if (statusCode === 429) return contentError('REGISTRY_RATE_LIMITED', { subject, detail });
  if (statusCode === 507) return contentError('DISK_FULL', { subject, detail });
  return contentError('REGISTRY_ERROR', { subject, detail });
}

/** True when the same request may well succeed a little later. */
export function isTransient(statusCode: number): boolean {
  return TRANSIENT.has(statusCode);
}

/** Another try when the server said, or the failure itself where that is longer than is ever waited. */
export function tryAgain(
  failure: SkerryError,
  response: Dispatcher.ResponseData,
  { maxAskedMs }: RetryPolicy,
): Error {
  const afterMs = retryAfterMs(response, Date.now());
  return afterMs !== undefined && afterMs > maxAskedMs ? failure : new TryAgain(failure, { afterMs });
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}

/** How long the server asked to wait (RFC 9110, section 10.2.3), in milliseconds. */
function retryAfterMs(response: Dispatcher.ResponseData, now: number): number | undefined {
  const value = response.headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
