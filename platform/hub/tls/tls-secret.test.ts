import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { OneSecret } from '../testing/one-secret.ts';
import { isFor, makeAuthority, makeServing } from './certificate.ts';
import { keepTlsSecret } from './tls-secret.ts';

const NOW = new Date('2030-06-01T12:00:00Z');
const DAY_MS = 86_400_000;
const HOSTS = ['hub', 'hub.system.svc'];
const { signal } = new AbortController();

describe('the Secret with the certificate', () => {
  let secret: OneSecret;
  const keep = async (now = NOW, hosts: readonly string[] = HOSTS) =>
    await keepTlsSecret({
      client: secret,
      namespace: 'system',
      name: 'hub-tls',
      hosts,
      now: () => now,
      signal,
    });

  beforeEach(() => {
    secret = new OneSecret();
  });

  test('is filled when it is empty, and then left alone', async () => {
    const made = await keep();
    // The authority goes along in the chain, so that who pins its key sees it.
    assert.equal(made.certificate, secret.text('tls.crt') + secret.text('ca.crt'));
    assert.equal(secret.text('tls.key'), made.key);
    const issuer = new X509Certificate(secret.text('ca.crt'));
    assert.ok(new X509Certificate(made.certificate).verify(issuer.publicKey));
    assert.deepEqual(secret.object?.metadata.labels, { kept: 'yes' });
    assert.deepEqual(await keep(new Date(NOW.getTime() + 240 * DAY_MS)), made);
    assert.equal(secret.writes, 1);
  });

  test('gets a new certificate when a third of the time is left, from the same authority', async () => {
    const first = await keep();
    const authority = secret.text('ca.crt');
    const second = await keep(new Date(NOW.getTime() + 246 * DAY_MS));
    assert.notEqual(second.certificate, first.certificate);
    assert.equal(secret.text('ca.crt'), authority);
  });

  test('gets an authority with other dates and the same key years before the old one ends', async () => {
    await keep();
    const [authority, key] = [secret.text('ca.crt'), secret.text('ca.key')];
    const later = new Date(NOW.getTime() + 2_500 * DAY_MS);
    const { certificate } = await keep(later);
    assert.notEqual(secret.text('ca.crt'), authority);
    assert.equal(secret.text('ca.key'), key);
    // Who trusts the one from before still does.
    assert.ok(new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey));
    assert.ok(Date.parse(new X509Certificate(certificate).validTo) > later.getTime() + 300 * DAY_MS);
  });

  test('is looked after for forty years, and whatever is served is good at every look', async () => {
    const [key, starts] = [(await keep()).key, new Set<string>()];
    for (let day = 0; day < 40 * 365; day += 30) {
      const now = new Date(NOW.getTime() + day * DAY_MS);
      const { certificate } = await keep(now);
      const [serving, authority] = [certificate, secret.text('ca.crt')].map(
        (pem) => new X509Certificate(pem),
      );
      for (const one of [serving, authority]) {
        assert.ok(now >= new Date(one?.validFrom ?? ''), `${day}`);
        assert.ok(new Date(one?.validTo ?? '').getTime() - now.getTime() > 90 * DAY_MS, `${day}`);
      }
      starts.add(certificate);
    }
    assert.ok(starts.size > 40 && starts.size < 80, `${starts.size}`);
    assert.notEqual(secret.text('tls.key'), key);
  });

  for (const years of [10, -10])
    test(`a clock that jumps by ${years} years and back again costs no client its trust`, async () => {
      await keep();
      const trusted = new X509Certificate(secret.text('ca.crt'));
      const wrong = new Date(NOW.getTime() + years * 366 * DAY_MS);
      const meanwhile = new X509Certificate((await keep(wrong)).certificate);
      assert.ok(meanwhile.verify(trusted.publicKey));
      const after = new X509Certificate((await keep()).certificate);
      assert.ok(after.checkIssued(trusted) && after.verify(trusted.publicKey));
      assert.ok(new Date(after.validFrom) <= NOW && new Date(after.validTo) > NOW);
    });

  test('gets a new certificate when the names have changed', async () => {
    await keep();
    const { certificate } = await keep(NOW, ['hub', 'hub.example']);
    assert.ok(isFor(new X509Certificate(certificate), ['hub', 'hub.example']));
  });

  for (const [what, data] of Object.entries({
    'a key of another certificate': async (first: Record<string, string>) => ({
      ...first,
      'tls.key': (await makeAuthority(NOW)).key,
    }),
    'a certificate of another authority': async (first: Record<string, string>) => {
      const other = await makeServing(await makeAuthority(NOW), HOSTS, NOW);
      return { ...first, 'tls.crt': other.certificate, 'tls.key': other.key };
    },
    'text that is no certificate': async (first: Record<string, string>) => ({
      ...first,
      'tls.crt': 'nonsense',
    }),
  })) {
    test(`is repaired when it holds ${what}`, async () => {
      await keep();
      const keys = ['tls.crt', 'tls.key', 'ca.crt', 'ca.key'];
      secret.put(await data(Object.fromEntries(keys.map((key) => [key, secret.text(key)]))));
      const repaired = await keep();
      const issuer = new X509Certificate(secret.text('ca.crt'));
      assert.ok(new X509Certificate(repaired.certificate).verify(issuer.publicKey));
      assert.equal(secret.writes, 2);
    });
  }

  test('is taken as it is when someone else looks after it', async () => {
    const own = await makeServing(await makeAuthority(NOW), ['hub.example'], NOW);
    secret.put({ 'tls.crt': own.certificate, 'tls.key': own.key, 'ca.crt': 'theirs' });
    assert.deepEqual(await keep(), own);
    assert.equal(secret.writes, 0);
  });

  test('is made by one of many hubs that start at once, and all serve what that one made', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, async () => await keep()));
    assert.equal(secret.writes, 1);
    assert.equal(new Set(made.map(({ certificate }) => certificate)).size, 1);
    assert.equal(made[0]?.certificate, secret.text('tls.crt') + secret.text('ca.crt'));
  });

  test('that others keep changing, or that does not exist, is said so', async () => {
    secret.before = () => secret.put({});
    await assert.rejects(keep(), (error) => isSkerryError(error, 'TLS_SECRET_CONTESTED'));
    secret.object = undefined;
    await assert.rejects(
      keep(),
      (error) => isSkerryError(error, 'TLS_SECRET_MISSING') && error.subject === 'system/hub-tls',
    );
  });
});
