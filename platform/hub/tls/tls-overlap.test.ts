import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import type { KubeObject } from '../../../apply/object.ts';
import { type KeyPair, makeAuthority, makeServing } from './certificate.ts';
import { keepTlsSecret } from './tls-secret.ts';

const HOSTS = ['localhost', '127.0.0.1'];
const DAY_MS = 86_400_000;
const NOW = new Date();
const ago = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

/** What a client that trusts only `ca` says of a server: empty where it takes it. */
async function verdictOf({ certificate, key }: KeyPair, ca: string): Promise<string> {
  const server = createServer({ cert: certificate, key });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' });
      socket.once('secureConnect', () => {
        resolve('');
        socket.destroy();
      });
      socket.once('error', (error) => resolve(error.message));
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('a hub whose authority and certificate were both due', async () => {
  // Seven years old: more than two thirds of its lifetime.
  const authority = await makeAuthority(ago(2_555));
  const serving = await makeServing(authority, HOSTS, ago(300));
  const encode = (text: string) => Buffer.from(text).toString('base64');
  let object: KubeObject = {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls', namespace: 's' } },
    data: {
      ...{ 'tls.crt': encode(serving.certificate), 'tls.key': encode(serving.key) },
      ...{ 'ca.crt': encode(authority.certificate), 'ca.key': encode(authority.key) },
    },
  };
  const renewed = await keepTlsSecret({
    client: { get: async () => object, replace: async (written) => (object = written) },
    ...{ namespace: 's', name: 'tls', hosts: HOSTS, now: () => NOW, signal: new AbortController().signal },
  });
  const latest = renewed.certificate.slice(renewed.certificate.lastIndexOf('-----BEGIN'));
  const before = { certificate: serving.certificate + authority.certificate, key: serving.key };

  test('has others now', () => {
    assert.notEqual(renewed.key, serving.key);
    assert.notEqual(latest.trim(), authority.certificate.trim());
    assert.ok(new Date(new X509Certificate(latest).validTo) > ago(-3_600));
  });

  test('is taken by clients that trust the authority from before, and by those that trust the new one', async () => {
    assert.equal(await verdictOf(renewed, authority.certificate), '');
    assert.equal(await verdictOf(renewed, latest), '');
  });

  test('is taken by clients that are ahead, while one of several hubs still serves the old one', async () => {
    assert.equal(await verdictOf(before, latest), '');
    assert.equal(await verdictOf(before, authority.certificate), '');
  });

  test('is not taken by a client that trusts somebody else of the same name', async () => {
    const other = await makeAuthority(ago(2_555));
    assert.notEqual(await verdictOf(renewed, other.certificate), '');
  });
});
