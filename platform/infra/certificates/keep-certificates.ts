import { X509Certificate } from 'node:crypto';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { AgentLog } from '../../agent/log.ts';
import {
  isDue,
  isFor,
  isPair,
  type KeyPair,
  makeAuthority,
  makeServing,
  readCertificate,
} from '../../hub/tls/certificate.ts';
import { INFRA_GROUP } from '../api/group.ts';
import { injectAuthority } from './inject-authority.ts';

/** On a Service: the Secret that its serving certificate is wanted in. */
export const SERVING_ANNOTATION = `${INFRA_GROUP}/serving-certificate`;
const AUTHORITY_SECRET = 'skerry-infra-authority';
const LABELS = { 'app.kubernetes.io/part-of': 'skerry', 'app.kubernetes.io/name': 'skerry-infra' };
const CHECK_MS = 15_000;

export interface CertificatesOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: AgentLog;
  readonly signal: AbortSignal;
}

/** Keeps the certificates of webhooks until the signal is aborted: made, renewed, and trusted by the API server. */
export async function keepCertificates(options: CertificatesOptions): Promise<void> {
  const { clock, log, signal } = options;
  while (!signal.aborted) {
    try {
      await keepOnce(options);
    } catch (error) {
      if (!signal.aborted) log.error(error, 'certificates of webhooks: it is tried again');
    }
    await clock.sleep(CHECK_MS, signal).catch(() => undefined);
  }
}

/** One look at all of them. */
export async function keepOnce(options: CertificatesOptions): Promise<void> {
  const { client, signal } = options;
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Service' }, { signal });
  const served = items.filter(({ metadata }) => metadata.annotations?.[SERVING_ANNOTATION] !== undefined);
  if (served.length === 0) return;
  const authority = await authorityOf(options);
  // Trust first: their pods start when they have a certificate, and from then on they are asked.
  await injectAuthority(client, authority.certificate, signal);
  for (const service of served) await keepServing(options, authority, service);
}

async function authorityOf(options: CertificatesOptions): Promise<KeyPair> {
  const { client, namespace, now, log, signal } = options;
  const metadata = { name: AUTHORITY_SECRET, namespace };
  const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', metadata }, { signal });
  const pair = pairOf(secret);
  const certificate = pair === undefined ? undefined : readCertificate(pair.certificate);
  if (pair !== undefined && certificate !== undefined && isPair(pair) && !isDue(certificate, now()))
    return pair;
  const made = await makeAuthority(now(), 'skerry-infra authority');
  await write(client, metadata, made, made.certificate, secret, signal);
  log.info({ secret: AUTHORITY_SECRET }, 'the authority of webhooks was made');
  return made;
}

async function keepServing(
  options: CertificatesOptions,
  authority: KeyPair,
  service: KubeObject,
): Promise<void> {
  const { client, now, log, signal } = options;
  const { name, namespace = '', annotations } = service.metadata;
  const metadata = { name: annotations?.[SERVING_ANNOTATION] ?? '', namespace };
  const names = [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
  const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', metadata }, { signal });
  const pair = pairOf(secret);
  const certificate = pair === undefined ? undefined : readCertificate(pair.certificate);
  const isGood =
    pair !== undefined &&
    certificate !== undefined &&
    isPair(pair) &&
    isFor(certificate, names) &&
    !isDue(certificate, now()) &&
    certificate.verify(new X509Certificate(authority.certificate).publicKey);
  if (isGood) return;
  // A Secret of somebody else is left as it is.
  if (
    secret !== undefined &&
    secret.metadata.labels?.['app.kubernetes.io/name'] !== LABELS['app.kubernetes.io/name']
  ) {
    log.warn({ secret: `${namespace}/${metadata.name}` }, 'the Secret for a certificate is not ours');
    return;
  }
  const made = await makeServing(authority, names, now());
  await write(client, metadata, made, authority.certificate, secret, signal);
  log.info({ secret: `${namespace}/${metadata.name}` }, 'a certificate of a webhook was made');
}

async function write(
  client: KubeClient,
  metadata: { readonly name: string; readonly namespace: string },
  { certificate, key }: KeyPair,
  authority: string,
  before: KubeObject | undefined,
  signal: AbortSignal,
): Promise<void> {
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...metadata,
      labels: LABELS,
      ...(before === undefined ? {} : { resourceVersion: before.metadata.resourceVersion }),
    },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': encoded(certificate), 'tls.key': encoded(key), 'ca.crt': encoded(authority) },
  };
  await (before === undefined ? client.create(object, { signal }) : client.replace(object, { signal }));
}

function pairOf(secret: KubeObject | undefined): KeyPair | undefined {
  const [certificate, key] = [textAt(secret, 'data', 'tls.crt'), textAt(secret, 'data', 'tls.key')];
  if (certificate === undefined || key === undefined) return undefined;
  const decoded = (text: string) => Buffer.from(text, 'base64').toString();
  return { certificate: decoded(certificate), key: decoded(key) };
}
