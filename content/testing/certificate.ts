import 'reflect-metadata';
import { randomUUID, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface TestCertificateOptions {
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  /** Whether it is an authority's. */
  readonly ca?: boolean | undefined;
}

/** For tests: a certificate for 127.0.0.1 that nobody signed, with its key, in PEM. */
export async function testCertificate({
  from,
  until,
  ca = false,
}: TestCertificateOptions = {}): Promise<{ cert: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    // OpenSSL finds certificates by their names.
    name: `CN=${randomUUID()}`,
    keys,
    signingAlgorithm: algorithm,
    ...(from === undefined ? {} : { notBefore: from }),
    ...(until === undefined ? {} : { notAfter: until }),
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
      ...(ca ? [new x509.BasicConstraintsExtension(true, 0, true)] : []),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: made.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}
