import 'reflect-metadata';
import { createHash, type KeyObject, sign, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { keyPair, type TestKey } from './sigstore-log.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Who vouched for the subject, in the two forms of Fulcio (oid-info.md): the text as it is, and as a string of DER. */
const ISSUER_BARE = '1.3.6.1.4.1.57264.1.1';
const ISSUER = '1.3.6.1.4.1.57264.1.8';
const TIMESTAMPS = '1.3.6.1.4.1.11129.2.4.2';
const HOUR_MS = 3_600_000;

/** What a certificate says, and when it was given out. It is good for ten minutes. */
export interface CertificateRequest {
  readonly subject: string;
  readonly issuer: string;
  readonly at: Date;
  /** Whether the log of certificates has taken it up. */
  readonly logged: boolean;
}

/** For tests: what Fulcio is, an authority whose certificates name who signs for a few minutes, and their log. */
export class CertificateAuthority {
  readonly certificate: x509.X509Certificate;
  readonly logKey: TestKey;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(certificate: x509.X509Certificate, logKey: TestKey, keys: webcrypto.CryptoKeyPair) {
    this.certificate = certificate;
    this.logKey = logKey;
    this.#keys = keys;
  }

  static async make(from: Date): Promise<CertificateAuthority> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=test authority, O=sigstore.test',
      serialNumber: '01',
      notBefore: from,
      notAfter: new Date(from.getTime() + 10 * 365 * 24 * HOUR_MS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new CertificateAuthority(certificate, keyPair(), keys);
  }

  /** A certificate for this key. */
  async issue(
    key: KeyObject,
    { subject, issuer, at, logged }: CertificateRequest,
  ): Promise<x509.X509Certificate> {
    const spki = key.export({ type: 'spki', format: 'der' });
    const publicKey = await webcrypto.subtle.importKey('spki', new Uint8Array(spki), ALGORITHM, true, [
      'verify',
    ]);
    const name = { type: subject.includes('://') ? 'url' : 'email', value: subject } as const;
    const extensions = [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.codeSigning]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
      new x509.SubjectAlternativeNameExtension([name], true),
      new x509.Extension(ISSUER_BARE, false, Buffer.from(issuer)),
      new x509.Extension(ISSUER, false, der(0x0c, Buffer.from(issuer))),
    ];
    const make = async (more: readonly x509.Extension[]) =>
      await x509.X509CertificateGenerator.create({
        serialNumber: '2a',
        issuer: this.certificate.subject,
        notBefore: at,
        notAfter: new Date(at.getTime() + HOUR_MS / 6),
        publicKey,
        signingKey: this.#keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [...extensions, ...more],
      });
    const bare = await make([]);
    return logged ? await make([new x509.Extension(TIMESTAMPS, false, this.#timestamps(bare, at))]) : bare;
  }

  // What a log of certificates signs, and how it stands in the certificate (RFC 6962, 3.2 and 3.3).
  #timestamps(certificate: x509.X509Certificate, at: Date): Buffer {
    const body = Buffer.from(tbsOf(Buffer.from(certificate.rawData)));
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(at.getTime()));
    const issuerKey = createHash('sha256').update(Buffer.from(this.certificate.publicKey.rawData)).digest();
    const signed = [
      Buffer.from([0, 0]),
      time,
      uint(1, 2),
      issuerKey,
      uint(body.byteLength, 3),
      body,
      uint(0, 2),
    ];
    const signature = sign('sha256', Buffer.concat(signed), this.logKey.privateKey);
    const head = [Buffer.from([0]), this.logKey.id, time, uint(0, 2), Buffer.from([4, 3])];
    const timestamp = Buffer.concat([...head, uint(signature.byteLength, 2), signature]);
    const list = Buffer.concat([uint(timestamp.byteLength, 2), timestamp]);
    return der(0x04, Buffer.concat([uint(list.byteLength, 2), list]));
  }
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** One value in DER, of less than 64 KiB. */
function der(tag: number, value: Buffer): Buffer {
  const size = value.byteLength;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

// A certificate is a sequence whose first element is what is signed; both have two bytes of length after 0x82.
function tbsOf(certificate: Buffer): Buffer {
  const start = 4;
  if (certificate[1] !== 0x82 || certificate[start + 1] !== 0x82)
    throw new Error('a certificate of another size');
  return certificate.subarray(start, start + 4 + certificate.readUInt16BE(start + 2));
}
