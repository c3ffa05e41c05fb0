import { createPublicKey, type KeyObject, sign } from 'node:crypto';

/**
 * A certificate request (PKCS #10, RFC 2986, as PEM) for a private key of ECDSA P-256. It names nobody: who the key
 * speaks for is for the hub to say. So little of ASN.1 needs no package, which would be a tenth of an agent's memory.
 */
export function makeCsr(privateKey: KeyObject, publicKey = createPublicKey(privateKey)): string {
  const info = sequence(
    VERSION,
    sequence(),
    publicKey.export({ type: 'spki', format: 'der' }),
    NO_ATTRIBUTES,
  );
  const signature = sign('sha256', info, { key: privateKey, dsaEncoding: 'der' });
  const request = sequence(info, sequence(ECDSA_WITH_SHA256), element(BIT_STRING, NO_UNUSED_BITS, signature));
  const lines = request.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join(
    '\n',
  );
}

// DER (X.690): a tag, a length, the content.
const BIT_STRING = 0x03;
const SEQUENCE = 0x30;
const NO_UNUSED_BITS = Buffer.of(0);
const VERSION = Buffer.of(0x02, 1, 0);
const NO_ATTRIBUTES = Buffer.of(0xa0, 0);
/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');

function sequence(...content: readonly Uint8Array[]): Buffer {
  return element(SEQUENCE, ...content);
}

function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  return length <= 0xff ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
}
