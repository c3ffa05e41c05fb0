import 'reflect-metadata';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { KubeClient } from '../../../apply/client/client.ts';
import { textAt } from '../../../apply/json.ts';
import { installerError } from '../../errors.ts';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * Puts a certificate that ended yesterday in the place of each one whose authority the platform keeps itself: the same
 * key and names, signed by the same authority. Gives how many.
 */
export async function expireCertificates(
  client: KubeClient,
  namespaces: readonly string[],
  { now, signal }: { now: Date; signal: AbortSignal },
): Promise<string> {
  let count = 0;
  for (const namespace of namespaces) {
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Secret', namespace }, { signal });
    for (const secret of items) {
      const [certificate, authority, key] = ['tls.crt', 'ca.crt', 'ca.key'].map((name) =>
        Buffer.from(textAt(secret, 'data', name) ?? '', 'base64').toString('utf8'),
      );
      if (!certificate || !authority || !key) continue;
      const expired = await expiredCopy({ certificate, authority, key }, now);
      const data = {
        ...(typeof secret.data === 'object' ? secret.data : {}),
        'tls.crt': Buffer.from(expired).toString('base64'),
      };
      await client.replace({ ...secret, data }, { signal });
      count++;
    }
  }
  if (count > 0) return `${count} certificates ended yesterday`;
  throw installerError('REHEARSAL_FAILED', { subject: 'certificates', detail: 'the platform has none' });
}

async function expiredCopy(
  { certificate, authority, key }: { certificate: string; authority: string; key: string },
  now: Date,
): Promise<string> {
  const old = new x509.X509Certificate(new X509Certificate(certificate).raw);
  const made = await x509.X509CertificateGenerator.create({
    subject: old.subject,
    issuer: new x509.X509Certificate(new X509Certificate(authority).raw).subject,
    publicKey: old.publicKey,
    signingKey: createPrivateKey(key).toCryptoKey(ALGORITHM, false, ['sign']),
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now.getTime() - 10 * DAY_MS),
    notAfter: new Date(now.getTime() - DAY_MS),
    extensions: old.extensions,
  });
  return made.toString('pem');
}
