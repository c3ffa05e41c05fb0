import { createSecureContext } from 'node:tls';
import type { CustomFetch } from 'openid-client';
import { Agent, type Dispatcher } from 'undici';
import { readLimited } from '../../content/remote/body.ts';
import { trusted } from '../../content/remote/trusted.ts';

const MAX_ANSWER_BYTES = 1024 * 1024;
const ANSWER_WITHIN_MS = 10_000;

/** HTTPS to an identity provider, whose certificate may be of an authority (PEM) besides the system's. */
export function issuerFetch(ca: string | undefined): CustomFetch {
  const dispatcher = new Agent({
    allowH2: false,
    connections: 4,
    headersTimeout: ANSWER_WITHIN_MS,
    bodyTimeout: ANSWER_WITHIN_MS,
    connect: { secureContext: createSecureContext({ ca: trusted(ca), minVersion: 'TLSv1.2' }) },
  });
  return async (address, { method, headers, body, signal }) => {
    const { origin, pathname, search } = new URL(address);
    const timeout = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      body: body === undefined || body === null ? null : String(body),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return await responseOf(answer);
  };
}

async function responseOf({ statusCode: status, headers, body }: Dispatcher.ResponseData): Promise<Response> {
  const bytes = await readLimited(body, MAX_ANSWER_BYTES);
  if (bytes.byteLength > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes`);
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) sent.append(name, one);
  const hasBody = status !== 204 && status !== 304;
  return new Response(hasBody ? new Uint8Array(bytes) : null, { status, headers: sent });
}
