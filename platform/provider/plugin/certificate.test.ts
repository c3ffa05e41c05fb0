import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { makeCertificate } from './certificate.ts';

const NOW = new Date('2026-11-29T12:00:00Z');

test('a plugin has a certificate of its own that clients of go-plugin take', () => {
  for (let round = 0; round < 20; round++) {
    const { key, certificate, line } = makeCertificate(NOW);
    const read = new X509Certificate(certificate);
    assert.ok(read.verify(read.publicKey), 'signed by itself');
    assert.ok(read.checkPrivateKey(createPrivateKey(key)));
    assert.ok(read.ca);
    assert.equal(read.subject, 'CN=localhost');
    assert.equal(read.subjectAltName, 'DNS:localhost');
    assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    assert.ok(new Date(read.validFrom) < NOW && NOW < new Date(read.validTo));
    assert.equal(Buffer.from(line, 'base64').compare(read.raw), 0);
    assert.ok(!line.includes('='));
  }
});
