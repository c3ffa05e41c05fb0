import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import { textAt } from '../../../apply/json.ts';
import { platformError } from '../../errors.ts';
import { refusalOf } from '../lent-secret.ts';
import { makeEvent } from './cluster-event.ts';
import type { News, Receiver } from './delivery-plan.ts';
import { sendMail } from './email.ts';
import { mailText, webhookBody } from './message.ts';
import { postWebhook } from './webhook.ts';

export interface DeliverOptions {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  readonly signal: AbortSignal;
  readonly now: Date;
}

const SEND_MS = 10_000;

/** Tells a receiver by each of its ways. Throws ALERT_NOT_SENT, ALERT_RECEIVER_INVALID, SECRET_NOT_LENT, and the client's codes. */
export async function deliver(
  { project, spec: { webhook, email, events } }: Receiver,
  news: readonly News[],
  { client, signal, now }: DeliverOptions,
): Promise<void> {
  const call = { signal, timeoutMs: SEND_MS };
  if (events === true) for (const one of news) await makeEvent(client, one, { ...call, now });
  if (webhook !== undefined) {
    const token =
      webhook.secret && (await readSecret(client, project, webhook.secret, hostOf(webhook.url), call));
    await postWebhook({ ...webhook, token }, webhookBody(project, news), call);
  }
  if (email !== undefined) {
    const password =
      email.password && (await readSecret(client, project, email.password, email.server, call));
    await sendMail({ settings: email, password, ...mailText(project, news) }, call);
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? '';
}

async function readSecret(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  { name, key }: { name: string; key: string },
  host: string,
  options: CallOptions,
): Promise<string> {
  const found = await client.get(
    { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } },
    options,
  );
  const refused = found === undefined ? undefined : refusalOf(found, { purpose: 'alerts', host });
  if (refused !== undefined)
    throw platformError('SECRET_NOT_LENT', { subject: `Secret ${namespace}/${name}`, detail: refused });
  const value = textAt(found, 'data', key);
  if (value === undefined)
    throw platformError('ALERT_RECEIVER_INVALID', {
      subject: `Secret ${namespace}/${name}`,
      detail: `no ${key}`,
    });
  // Editors and echo leave a line feed at the end, which no header takes.
  return Buffer.from(value, 'base64').toString('utf8').trimEnd();
}
