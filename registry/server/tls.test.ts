import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { get } from 'node:https';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import { startRegistry } from '../testing/registry.ts';
import type { TlsOptions } from './server.ts';

test('the registry speaks TLS, and takes a new certificate without a stop', async (t) => {
  const [first, second] = [await certificate('CN=first'), await certificate('CN=second')];
  const registry = await startRegistry(t, { tls: first });
  assert.equal(await commonName(registry.port), 'first');
  assert.throws(() => registry.reloadTls({ cert: 'broken', key: second.key }), {
    code: 'REGISTRY_TLS_INVALID',
  });
  assert.equal(await commonName(registry.port), 'first');
  registry.reloadTls(second);
  assert.equal(await commonName(registry.port), 'second');
});

async function certificate(name: string): Promise<TlsOptions> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({ name, keys, signingAlgorithm: algorithm });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: made.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') };
}

/** The name in the certificate that a new connection is shown, with the version check answered over it. */
function commonName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // The certificates of this test are signed by nobody; which one is shown is the question.
    const asked = get(
      { port, host: '127.0.0.1', path: '/v2/', rejectUnauthorized: false, agent: false },
      (answer) => {
        assert.ok(answer.socket instanceof TLSSocket);
        const { subject } = answer.socket.getPeerCertificate();
        answer
          .resume()
          .on('end', () =>
            answer.statusCode === 200 ? resolve(String(subject.CN)) : reject(new Error('no 200')),
          );
      },
    );
    asked.on('error', reject);
  });
}
