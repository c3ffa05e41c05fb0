import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { Signer } from '../metadata/signer.ts';

/** A key for tests. */
export function testSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const key = createPrivateKey(privateKey);
  return { publicPem: publicKey, sign: (bytes) => sign('sha256', bytes, key) };
}
