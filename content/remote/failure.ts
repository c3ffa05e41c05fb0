import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { SkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { readLimited } from './body.ts';

const MAX_ERROR_BYTES = 16 * 1024;
/** RFC 9110: 429 and 503 may carry Retry-After; the others are what overloaded proxies and registries send. */
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

/** The errors of distribution-spec, "Error Codes". */
const ErrorBody = z.looseObject({
  errors: z.array(z.looseObject({ code: z.string().optional(), message: z.string().optional() })),
});

/** The error for an answer that was not expected; reads its body. Makes REGISTRY_DENIED, DISK_FULL, REGISTRY_ERROR. */
export async function failureOf(subject: string, response: Dispatcher.ResponseData): Promise<SkerryError> {
  const { statusCode } = response;
  // What the body would have said is lost when the connection breaks; the status is still true.
  const text = await readLimited(response.body, MAX_ERROR_BYTES).catch(() => '');
  const parsed = ErrorBody.safeParse(tryJson(text.toString()));
  const said = parsed.success
    ? parsed.data.errors.map(({ code, message }) => [code, message].filter(Boolean).join(': ')).join('; ')
    : '';
  const detail = `status ${statusCode}${said ? `, ${said}` : ''}`;
  if (statusCode === 401 || statusCode === 403) return contentError('REGISTRY_DENIED', { subject, detail });
  if (statusCode === 507) return contentError('DISK_FULL', { subject, detail });
  return contentError('REGISTRY_ERROR', { subject, detail });
}

/** True when the same request may well succeed a little later. */
export function isTransient(statusCode: number): boolean {
  return TRANSIENT.has(statusCode);
}

/** How long the server asked to wait (RFC 9110, section 10.2.3), in milliseconds. */
export function retryAfterMs(response: Dispatcher.ResponseData, now: number): number | undefined {
  const value = response.headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
