import { request as plain, type RequestOptions } from 'node:http';
import { request as secure } from 'node:https';
import { rootCertificates } from 'node:tls';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';

export interface Webhook {
  readonly url: string;
  /** Certificates (PEM) trusted besides the system's. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Posts JSON, and goes nowhere but where it was sent: no redirect is followed. Private addresses are what a site has.
 * Throws ALERT_RECEIVER_INVALID, ALERT_NOT_SENT.
 */
export async function postWebhook(
  { url, ca, token }: Webhook,
  body: object,
  { signal, timeoutMs }: SendOptions,
): Promise<void> {
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol) || address.username !== '')
    throw platformError('ALERT_RECEIVER_INVALID', {
      subject: 'webhook.url',
      detail: 'not an http:// or https:// address, or with a password in it',
    });
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'user-agent': 'skerry-hub',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const status = await post(address, { method: 'POST', headers, signal: limit, ...trusted }, text).catch(
    (cause: unknown) => {
      throw platformError('ALERT_NOT_SENT', { subject: address.host, detail: messageOf(cause), cause });
    },
  );
  if (status < 200 || status > 299)
    throw platformError('ALERT_NOT_SENT', { subject: address.host, detail: `answered ${status}` });
}

// What is answered says nothing that is wanted: the connection goes with it, so that no body is waited for.
async function post(address: URL, options: RequestOptions, text: string): Promise<number> {
  const send = address.protocol === 'https:' ? secure : plain;
  return await new Promise((resolve, reject) => {
    const sent = send(address, { ...options, agent: false }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
