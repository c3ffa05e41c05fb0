import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify,
} from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { bundleError } from './errors.ts';

/** An ECDSA P-256 key that signs releases. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  /** DER signature over SHA-256 of the bytes, the same for the same bytes (RFC 6979): bundles are reproducible. */
  sign(bytes: Uint8Array): Buffer;
}

export interface PublicKey {
  readonly pem: string;
  /** SHA-256 of the key's DER form (SubjectPublicKeyInfo), as `SHA256:` and base64: short enough to read aloud. */
  readonly fingerprint: string;
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}

export interface KeyPairPem {
  readonly privatePem: string;
  readonly publicPem: string;
}

/** Makes a new key pair; the private part is encrypted when there is a password. */
export function generateKey(password?: string): KeyPairPem {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cipher = password === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: password };
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Reads a private key in PEM (PKCS #8 or SEC 1). `subject` names it in errors. Throws KEY_INVALID. */
export function parseSigningKey(pem: string, subject: string, password?: string): SigningKey {
  if (!pem.includes('PRIVATE KEY'))
    throw bundleError('KEY_INVALID', { subject, detail: 'no private key in PEM form' });
  const key = parse(() => createPrivateKey({ key: pem, passphrase: password ?? '' }), subject);
  const { d } = key.export({ format: 'jwk' });
  if (d === undefined) throw bundleError('KEY_INVALID', { subject });
  const secret = Buffer.from(d, 'base64url');
  return {
    publicKey: toPublicKey(createPublicKey(key)),
    // Node's own ECDSA takes random nonces, which would make two bundles of the same content differ.
    sign: (bytes) => Buffer.from(p256.sign(bytes, secret, { format: 'der', lowS: false })),
  };
}

/** Reads a public key in PEM. Throws KEY_INVALID. */
export function parsePublicKey(pem: string, subject: string): PublicKey {
  // createPublicKey would take a private key too; whoever gives one as the trusted key has mixed up two files.
  if (!pem.includes('BEGIN PUBLIC KEY'))
    throw bundleError('KEY_INVALID', { subject, detail: 'no public key in PEM form' });
  return toPublicKey(parse(() => createPublicKey(pem), subject));
}

function parse(read: () => KeyObject, subject: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw bundleError('KEY_INVALID', { subject, cause });
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw bundleError('KEY_INVALID', { subject, detail: `${key.asymmetricKeyType} instead of ECDSA P-256` });
  }
  return key;
}

function toPublicKey(key: KeyObject): PublicKey {
  const der = key.export({ type: 'spki', format: 'der' });
  return {
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
    fingerprint: `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`,
    verify: (bytes, signature) => verify('sha256', bytes, key, signature),
  };
}
