import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import { z } from 'zod';
import { tryJson } from '../../../content/json.ts';
import { makeCsr } from '../../desired/csr.ts';
import { HubDoor } from '../../desired/envelope.ts';
import { fingerprint } from '../../desired/fingerprint.ts';
import { makeSealingKey } from '../../desired/seal.ts';

const Enrolled = z.object({ project: z.string(), cluster: z.string(), hub: HubDoor });
/** What the hub said when it let the agent in. */
export type Enrolled = z.infer<typeof Enrolled>;

/** Who the agent is: keys that never leave its cluster, and what the hub gave for them. */
export interface Identity {
  readonly privateKey: KeyObject;
  /** KeyFingerprint of the key. */
  readonly key: string;
  readonly sealing: { readonly publicJwk: JWK; readonly privateJwk: JWK };
  readonly certificate?: string | undefined;
  readonly enrolled?: Enrolled | undefined;
}

export async function makeIdentity(): Promise<Identity> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, key: fingerprint(privateKey), sealing: await makeSealingKey() };
}

/** A certificate request (PEM) for its key. */
export function csrOf({ privateKey }: Identity): string {
  return makeCsr(privateKey);
}

/** As it stands in its Secret. */
export function writeIdentity({
  privateKey,
  sealing,
  certificate,
  enrolled,
}: Identity): Record<string, string> {
  return {
    'tls.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'sealing.jwk': JSON.stringify(sealing),
    ...(certificate === undefined ? {} : { 'tls.crt': certificate }),
    ...(enrolled === undefined ? {} : { 'enrolled.json': JSON.stringify(enrolled) }),
  };
}

const Sealing = z.object({
  publicJwk: z.looseObject({ kty: z.string() }),
  privateJwk: z.looseObject({ kty: z.string() }),
});

/** Reads what writeIdentity wrote; undefined where it is no identity. */
export function readIdentity(data: Readonly<Record<string, string>>): Identity | undefined {
  const privateKey = readKey(data['tls.key'] ?? '');
  const sealing = Sealing.safeParse(tryJson(data['sealing.jwk'] ?? '')).data;
  if (privateKey === undefined || sealing === undefined) return undefined;
  const certificate = data['tls.crt'];
  return {
    privateKey,
    key: fingerprint(privateKey),
    sealing,
    certificate: certificate !== undefined && isCertificate(certificate) ? certificate : undefined,
    enrolled: Enrolled.safeParse(tryJson(data['enrolled.json'] ?? '')).data,
  };
}

/** When the next certificate is asked for: at a third of its life, agents spread over another third. */
export function renewalOf(certificate: string, random: number): Date {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return new Date(from + ((to - from) * (1 + random)) / 3);
}

export function isOver(certificate: string, now: Date): boolean {
  return now.getTime() > Date.parse(new X509Certificate(certificate).validTo);
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).validTo !== '';
  } catch {
    return false;
  }
}
