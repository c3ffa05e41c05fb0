import 'reflect-metadata';
import { createPrivateKey, KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;

/** A certificate with its private key, both as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends KeyPair {
  readonly name: string;
  readonly privateKey: webcrypto.CryptoKey;
}

export interface Subject {
  /** Kubernetes reads the common name as the user and organizations as groups. */
  readonly user: string;
  readonly groups?: readonly string[] | undefined;
  /** DNS names and IP addresses of a server; a certificate with none is a client's. */
  readonly hosts?: readonly string[] | undefined;
}

/** A certificate authority, good for a year. */
export async function createAuthority(name: string, now: Date): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(now),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    name,
    certificate: certificate.toString('pem'),
    key: privatePem(keys.privateKey),
    privateKey: keys.privateKey,
  };
}

/** An authority that was made before, from its PEM files. */
export function loadAuthority(name: string, certificate: string, key: string): Authority {
  const privateKey = createPrivateKey(key).toCryptoKey(ALGORITHM, true, ['sign']);
  return { name, certificate, key, privateKey };
}

/** A certificate for a client or a server, signed by `authority`. */
export async function issue(authority: Authority, subject: Subject, now: Date): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const { user, groups = [], hosts = [] } = subject;
  const usages = [x509.ExtendedKeyUsage.clientAuth];
  if (hosts.length > 0) usages.push(x509.ExtendedKeyUsage.serverAuth);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [...groups.map((group) => ({ O: [group] })), { CN: [user] }],
    issuer: `CN=${authority.name}`,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity(now),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(hosts.length > 0 ? [new x509.SubjectAlternativeNameExtension(hosts.map(generalName))] : []),
    ],
  });
  return { certificate: certificate.toString('pem'), key: privatePem(keys.privateKey) };
}

/** A key that signs service account tokens: the private half, from which Kubernetes takes the public one. */
export async function createSigningKey(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  return privatePem(keys.privateKey);
}

function validity(now: Date) {
  // A little into the past, for programs that look at a coarser clock.
  return { notBefore: new Date(now.getTime() - DAY), notAfter: new Date(now.getTime() + 365 * DAY) };
}

function generalName(host: string): x509.JsonGeneralName {
  return { type: /^[\d.]+$/.test(host) ? 'ip' : 'dns', value: host };
}

/** SEC 1, the form that every Kubernetes component reads. */
function privatePem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ format: 'pem', type: 'sec1' }).toString();
}
