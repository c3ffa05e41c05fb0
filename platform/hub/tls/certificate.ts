import 'reflect-metadata';
import { createPrivateKey, KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { isIP, SocketAddress } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { DEFAULT_TERMS } from './certificate-terms.ts';

/** A certificate with its private key, both in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
/** Certificates begin so long before now: clocks on an island may be slow. */
const BACKDATE_MS = DAY_MS;

/** A certificate authority of the hub's own. */
export async function makeAuthority(
  now: Date,
  title = 'skerry-hub authority',
  days = DEFAULT_TERMS.authorityDays,
): Promise<KeyPair> {
  const keys = await makeKeys();
  const certificate = await signOwn(keys, `CN=${title} ${now.toISOString().slice(0, 10)}`, now, days);
  return { certificate, key: privatePem(keys.privateKey) };
}

/**
 * The same authority with other dates: its key and its name stay. Who trusts the certificate from before goes on until
 * that one ends, and so does what was signed; who trusts the key goes on for ever.
 */
export async function renewAuthority(
  { certificate, key }: KeyPair,
  now: Date,
  days = DEFAULT_TERMS.authorityDays,
): Promise<KeyPair> {
  const before = new X509Certificate(certificate);
  const keys = {
    publicKey: verifying(before.publicKey),
    privateKey: createPrivateKey(key).toCryptoKey(ALGORITHM, false, ['sign']),
  };
  return { certificate: await signOwn(keys, before.subject, now, days), key };
}

async function signOwn(
  keys: webcrypto.CryptoKeyPair,
  name: string,
  now: Date,
  days: number,
): Promise<string> {
  const extensions = [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
  ];
  const made = { name, keys, signingAlgorithm: ALGORITHM, ...validity(now, days), extensions };
  return pem(await X509CertificateGenerator.createSelfSigned(made));
}

/** A certificate for a server that is reached by `names` (DNS names and IP addresses). */
export async function makeServing(
  authority: KeyPair,
  names: readonly string[],
  now: Date,
  days = DEFAULT_TERMS.servingDays,
): Promise<KeyPair> {
  const { publicKey, privateKey } = await makeKeys();
  const holder = {
    subject: 'CN=skerry-hub',
    publicKey,
    usage: ExtendedKeyUsage.serverAuth,
    names: names.map(generalName),
  };
  const certificate = await issueCertificate(authority, holder, now, days);
  return { certificate, key: privatePem(privateKey) };
}

export interface CertificateHolder {
  readonly subject: string | JsonName;
  readonly publicKey: webcrypto.CryptoKey;
  readonly usage: ExtendedKeyUsage;
  readonly names: JsonGeneralNames;
}

/** A certificate (PEM) that the authority signs for the holder of a key. */
export async function issueCertificate(
  authority: KeyPair,
  { subject, publicKey, usage, names }: CertificateHolder,
  now: Date,
  days: number,
): Promise<string> {
  const issuer = new X509Certificate(authority.certificate);
  const { notBefore, notAfter } = validity(now, days);
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer.subject,
    publicKey,
    signingKey: createPrivateKey(authority.key).toCryptoKey(ALGORITHM, false, ['sign']),
    signingAlgorithm: ALGORITHM,
    notBefore,
    // RFC 5280, 6.1.3: nothing outlives what signed it.
    notAfter: new Date(Math.min(notAfter.getTime(), endOf(issuer))),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      new SubjectAlternativeNameExtension(names),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(verifying(issuer.publicKey)),
    ],
  });
  return pem(certificate);
}

/** Reads the first certificate of PEM text; undefined where there is none. */
export function readCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** Whether key and certificate are of one pair. */
export function isPair({ certificate, key }: KeyPair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** True when no more than this share of its lifetime is left, and when it is over or not begun. */
export function isDue(certificate: X509Certificate, now: Date, left = DEFAULT_TERMS.renewLeft): boolean {
  const begin = Date.parse(certificate.validFrom);
  const end = endOf(certificate);
  return now.getTime() > end - (end - begin) * left || now.getTime() < begin;
}

/** Whether it is good at a time of day. */
export function isCurrent(certificate: X509Certificate, now: Date): boolean {
  return now.getTime() >= Date.parse(certificate.validFrom) && now.getTime() <= endOf(certificate);
}

/** Whether the certificate names exactly these. */
export function isFor(certificate: X509Certificate, names: readonly string[]): boolean {
  const entries = (certificate.subjectAltName ?? '').split(', ');
  const named = entries.map((entry) => canonical(entry.replace(/^[^:]*:/, '')));
  return JSON.stringify(named.sort()) === JSON.stringify(names.map(canonical).sort());
}

// An IPv6 address can be written in several ways.
function canonical(name: string): string {
  return isIP(name) === 6 ? new SocketAddress({ address: name, family: 'ipv6' }).address : name;
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** A public key as a certificate takes it. */
export function verifying(publicKey: KeyObject): webcrypto.CryptoKey {
  return publicKey.toCryptoKey(ALGORITHM, true, ['verify']);
}

function generalName(name: string) {
  return { type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name };
}

// Whole seconds: certificates have no finer time.
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  const second = Math.floor(now.getTime() / 1000) * 1000;
  return { notBefore: new Date(second - BACKDATE_MS), notAfter: new Date(second + days * DAY_MS) };
}

export function endOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

function pem(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem')}\n`;
}

function privatePem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}
