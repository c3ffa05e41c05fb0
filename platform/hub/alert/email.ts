import { rootCertificates } from 'node:tls';
import { messageOf } from '../../../content/error.ts';
import type { AlertReceiverSpec } from '../../api/alert.ts';
import { platformError } from '../../errors.ts';
import type { SendOptions } from './webhook.ts';

export interface Mail {
  readonly settings: NonNullable<AlertReceiverSpec['email']>;
  readonly password?: string | undefined;
  readonly subject: string;
  readonly text: string;
}

/** Sends one e-mail. Throws ALERT_RECEIVER_INVALID, ALERT_NOT_SENT. */
export async function sendMail(mail: Mail, { signal, timeoutMs }: SendOptions): Promise<void> {
  const { server, tls = 'starttls', ca, from, to, username } = mail.settings;
  const [, host = '', port = ''] = /^\[?([^\s\]]+)\]?:(\d{1,5})$/.exec(server) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw platformError('ALERT_RECEIVER_INVALID', { subject: 'email.server', detail: 'not HOST:PORT' });
  if (username !== undefined && tls === 'none')
    throw platformError('ALERT_RECEIVER_INVALID', {
      subject: 'email.tls',
      detail: 'a password is not sent over a connection that anybody can read',
    });
  // Loaded by those who send e-mails.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port: Number(port),
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: ca === undefined ? {} : { ca: [...rootCertificates, ca] },
    ...(username === undefined ? {} : { auth: { user: username, pass: mail.password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Nothing of an alert is a path or an address to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const close = () => transport.close();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const aborted = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
  });
  aborted.catch(() => undefined);
  try {
    const sending = transport.sendMail({
      from,
      to: [...to],
      subject: mail.subject,
      text: mail.text,
      headers: { 'auto-submitted': 'auto-generated' },
    });
    sending.catch(() => undefined);
    await Promise.race([sending, aborted]);
  } catch (cause) {
    throw platformError('ALERT_NOT_SENT', { subject: server, detail: messageOf(cause), cause });
  } finally {
    close();
  }
}
