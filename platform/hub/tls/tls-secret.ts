import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import {
  isDue,
  isFor,
  isPair,
  type KeyPair,
  makeAuthority,
  makeServing,
  readCertificate,
  renewAuthority,
} from './certificate.ts';
import { type CertificateTerms, DEFAULT_TERMS } from './certificate-terms.ts';

export interface TlsSecretOptions {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  /** What the hub is reached by: DNS names and IP addresses. */
  readonly hosts: readonly string[];
  /** The time of day. */
  readonly now: () => Date;
  readonly terms?: CertificateTerms | undefined;
  readonly signal: AbortSignal;
}

/** Keys of the Secret: those that Kubernetes and cert-manager use, and the authority's own key. */
interface Stored {
  readonly 'tls.crt'?: string | undefined;
  readonly 'tls.key'?: string | undefined;
  readonly 'ca.crt'?: string | undefined;
  readonly 'ca.key'?: string | undefined;
}

const MAX_TRIES = 5;
const Data = z.record(z.string(), z.string());

/**
 * The hub's serving certificate from its Secret, made and stored there first where it is missing, near its end
 * or for other names. Several hubs may do this at once: the first to write wins and the others take what it wrote.
 * A certificate without the authority's key was put there by someone else and is taken as it is.
 * Throws TLS_SECRET_MISSING, TLS_SECRET_CONTESTED and the CLUSTER_ codes.
 */
export async function keepTlsSecret(options: TlsSecretOptions): Promise<KeyPair> {
  const { client, namespace, name, signal } = options;
  const subject = `${namespace}/${name}`;
  const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const secret = await client.get(reference, { signal });
    if (secret === undefined) throw platformError('TLS_SECRET_MISSING', { subject });
    const stored = decode(secret);
    const wanted = await renew(stored, options);
    if (wanted === stored || (await write(options, secret, wanted))) return shownOf(wanted);
  }
  throw platformError('TLS_SECRET_CONTESTED', { subject });
}

/** What the Secret should hold: the same object where nothing needs to change. */
async function renew(stored: Stored, options: TlsSecretOptions): Promise<Stored> {
  const { hosts, now, terms = DEFAULT_TERMS } = options;
  if (isForeign(stored)) return stored;
  const time = now();
  const authority = await currentAuthority(stored, time, terms);
  const isSame = authority.certificate === stored['ca.crt'];
  const isServing = isServed(stored, authority, { hosts, now: time, terms });
  if (isSame && isServing) return stored;
  const serving = isServing ? pairOf(stored) : await makeServing(authority, hosts, time, terms.servingDays);
  return {
    'tls.crt': serving.certificate,
    'tls.key': serving.key,
    'ca.crt': authority.certificate,
    'ca.key': authority.key,
  };
}

function isForeign(stored: Stored): boolean {
  return Boolean(stored['tls.crt'] && stored['tls.key'] && !stored['ca.key']);
}

// One that can be read keeps its key, whatever a clock says of its dates: clients know the hub by it.
async function currentAuthority(stored: Stored, now: Date, terms: CertificateTerms): Promise<KeyPair> {
  const authority = { certificate: stored['ca.crt'] ?? '', key: stored['ca.key'] ?? '' };
  const certificate = readCertificate(authority.certificate);
  if (certificate === undefined || !isPair(authority))
    return await makeAuthority(now, undefined, terms.authorityDays);
  return isDue(certificate, now, terms.renewLeft)
    ? await renewAuthority(authority, now, terms.authorityDays)
    : authority;
}

interface Wanted {
  readonly hosts: readonly string[];
  readonly now: Date;
  readonly terms: CertificateTerms;
}

function isServed(stored: Stored, authority: KeyPair, { hosts, now, terms }: Wanted): boolean {
  const certificate = readCertificate(stored['tls.crt'] ?? '');
  const issuer = readCertificate(authority.certificate);
  if (certificate === undefined || issuer === undefined || !isPair(pairOf(stored))) return false;
  if (!certificate.verify(issuer.publicKey) || !isFor(certificate, hosts)) return false;
  return !isDue(certificate, now, terms.renewLeft);
}

// RFC 8446, 4.4.2: the authority may be left out of the chain. With it, who pins its key finds it there.
function shownOf(stored: Stored): KeyPair {
  const { certificate, key } = pairOf(stored);
  if (isForeign(stored)) return { certificate, key };
  return { certificate: `${certificate.trimEnd()}\n${stored['ca.crt'] ?? ''}`, key };
}

function pairOf(stored: Stored): KeyPair {
  return { certificate: stored['tls.crt'] ?? '', key: stored['tls.key'] ?? '' };
}

// The object that was read carries its resourceVersion, so the API server refuses to overwrite a newer one.
async function write(
  { client, signal }: TlsSecretOptions,
  secret: KubeObject,
  wanted: Stored,
): Promise<boolean> {
  const data = { ...readData(secret), ...encode(wanted) };
  try {
    await client.replace({ ...secret, data }, { signal });
    return true;
  } catch (error) {
    if (isSkerryError(error, 'OBJECT_CHANGED')) return false;
    throw error;
  }
}

function decode(secret: KubeObject): Stored {
  const entries = Object.entries(readData(secret));
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

function encode(stored: Stored): Record<string, string> {
  const entries = Object.entries(stored).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

function readData(secret: KubeObject): Record<string, string> {
  return Data.safeParse(secret.data).data ?? {};
}
