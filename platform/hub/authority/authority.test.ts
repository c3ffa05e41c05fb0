import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { applyError } from '../../../apply/errors.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { makeCsr } from '../../desired/csr.ts';
import { verify } from '../../desired/dsse.ts';
import { fingerprint } from '../../desired/fingerprint.ts';
import { identifyAgent } from './agent-certificate.ts';
import { Authority } from './authority.ts';
import { changeAuthoritySecret } from './authority-secret.ts';
import { addToSet, dropUnused, type makeAuthoritySet, useLatest } from './authority-set.ts';
import { readCsr, readCsrOf } from './csr.ts';

const NOW = new Date('2030-06-01T12:00:00Z');
const DAY_MS = 86_400_000;
const SUBJECT = { project: 'ships', name: 'one', id: '6f1c2f5e-0000-4000-8000-000000000001' };
const later = (days: number) => new Date(NOW.getTime() + days * DAY_MS);
const code = (wanted: string) => (error: unknown) => isSkerryError(error, wanted);
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** One Secret, guarded by its resourceVersion as the API server guards it. */
class OneSecret {
  object: KubeObject | undefined = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'authority', namespace: 'system', resourceVersion: '1' },
  };
  writes = 0;

  async get(): Promise<KubeObject | undefined> {
    return this.object;
  }

  async replace(object: KubeObject): Promise<KubeObject> {
    if (object.metadata.resourceVersion !== this.object?.metadata.resourceVersion)
      throw applyError('OBJECT_CHANGED', { subject: 'Secret' });
    this.writes++;
    this.object = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.writes + 1) },
    };
    return this.object;
  }
}

function optionsOf(client: OneSecret) {
  const { signal } = new AbortController();
  return { client, namespace: 'system', name: 'authority', now: () => NOW, signal };
}

describe('the authority of the agents', () => {
  test('is made once, and the same for every hub and after a restart', async () => {
    const secret = new OneSecret();
    const hubs = await Promise.all([1, 2, 3].map(() => Authority.open(optionsOf(secret))));
    const again = await Authority.open(optionsOf(secret));
    assert.equal(secret.writes, 1);
    for (const hub of hubs) assert.deepEqual(hub.door(['https://hub']), again.door(['https://hub']));
    const signed = again.sign('text/plain', Buffer.from('a'));
    assert.deepEqual(verify(signed, hubs[0]?.keys ?? [], 'text/plain'), Buffer.from('a'));
  });

  test('is never made a second time over a corrupt one', async () => {
    const secret = new OneSecret();
    await Authority.open(optionsOf(secret));
    const data = { ...Object(secret.object?.data), 'ca-1.key': Buffer.from('x').toString('base64') };
    secret.object = { ...secret.object, data } as KubeObject;
    await assert.rejects(Authority.open(optionsOf(secret)), code('AUTHORITY_UNREADABLE'));
    secret.object = undefined;
    await assert.rejects(Authority.open(optionsOf(secret)), code('AUTHORITY_SECRET_MISSING'));
    assert.equal(secret.writes, 1);
  });

  test('gives up when its Secret never stands still', async () => {
    const secret = new OneSecret();
    const restless = {
      get: async () => await secret.get(),
      replace: async () => {
        throw applyError('OBJECT_CHANGED', { subject: 'Secret' });
      },
    };
    const options = { ...optionsOf(secret), client: restless };
    await assert.rejects(Authority.open(options), code('AUTHORITY_SECRET_CONTESTED'));
  });

  test('changes step by step: both are trusted before the next is used, and after', async () => {
    const secret = new OneSecret();
    const authority = await Authority.open(optionsOf(secret));
    const [first] = authority.certificates;
    const change = async (how: (set: Awaited<ReturnType<typeof makeAuthoritySet>>) => unknown) => {
      await changeAuthoritySecret(optionsOf(secret), async (set) => {
        assert.ok(set);
        return (await how(set)) as typeof set;
      });
      await authority.refresh();
    };
    await change((set) => addToSet(set, NOW));
    assert.equal(authority.certificates.length, 2);
    assert.equal(authority.certificates[0], first);
    const oldSigned = authority.sign('text/plain', Buffer.from('a'));
    await change(useLatest);
    assert.equal(authority.certificates[1], first);
    verify(oldSigned, authority.keys, 'text/plain');
    await change(dropUnused);
    assert.equal(authority.certificates.length, 1);
    assert.throws(() => verify(oldSigned, authority.keys, 'text/plain'), code('SIGNATURE_NOT_TRUSTED'));
  });
});

describe("an agent's certificate", async () => {
  const authority = await Authority.open(optionsOf(new OneSecret()));
  const { privateKey, publicKey } = newKey();
  const certificate = new X509Certificate(await authority.issueAgent(publicKey, SUBJECT));

  test('says whose it is, and takes only the key from the request', async () => {
    const csr = await readCsr(makeCsr(privateKey));
    assert.equal(csr.key, fingerprint(publicKey));
    const other = { key: fingerprint(newKey().publicKey) };
    await assert.rejects(readCsrOf(other, makeCsr(privateKey)), code('CSR_KEY_WRONG'));
    assert.deepEqual(await readCsrOf(csr, makeCsr(privateKey)), csr);
    const identified = identifyAgent(certificate, authority.certificates, NOW);
    assert.ok('identity' in identified);
    const { project, name, key } = identified.identity;
    assert.deepEqual({ project, name, key }, { project: 'ships', name: 'one', key: fingerprint(publicKey) });
    assert.equal(certificate.subject, `CN=${SUBJECT.id}`);
  });

  test('ends after a year, and is not good before it begins', () => {
    const at = (when: Date) => identifyAgent(certificate, authority.certificates, when);
    assert.ok('identity' in at(later(364)));
    assert.deepEqual(at(later(366)), { refused: 'expired' });
    assert.deepEqual(at(later(-2)), { refused: 'expired' });
  });

  test('of another authority, or of a server, is nobody’s', async () => {
    const other = await Authority.open(optionsOf(new OneSecret()));
    assert.deepEqual(identifyAgent(certificate, other.certificates, NOW), { refused: 'unknown' });
    const server = new X509Certificate((await authority.issueServer(['hub.example'])).certificate);
    assert.deepEqual(identifyAgent(server, authority.certificates, NOW), { refused: 'unknown' });
  });

  test('is not made for a request that is none, not its own, or of a weak key', async () => {
    const good = makeCsr(privateKey);
    const lines = good.split('\n');
    const swapped = makeCsr(newKey().privateKey, newKey().publicKey);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const pem of ['', 'x', lines.slice(0, 3).join('\n'), swapped])
      await assert.rejects(readCsr(pem), code('CSR_INVALID'));
    await assert.rejects(readCsr(makeCsr(rsa.privateKey)));
  });
});
