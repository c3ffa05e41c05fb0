import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  isCurrent,
  isDue,
  isFor,
  isPair,
  makeAuthority,
  makeServing,
  renewAuthority,
} from './certificate.ts';

const NOW = new Date('2030-06-01T12:00:00.500Z');
const DAY_MS = 86_400_000;
const HOSTS = ['hub', 'hub.system.svc', '127.0.0.1', 'fd00::1'];

describe('certificates', async () => {
  const authority = await makeAuthority(NOW);
  const serving = await makeServing(authority, HOSTS, NOW);
  const issuer = new X509Certificate(authority.certificate);
  const certificate = new X509Certificate(serving.certificate);

  test('of a server are signed by the authority, for its names, with a P-256 key of their own', () => {
    assert.ok(certificate.checkIssued(issuer));
    assert.ok(certificate.verify(issuer.publicKey));
    assert.equal(certificate.checkHost('hub.system.svc'), 'hub.system.svc');
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.equal(certificate.ca, false);
    assert.equal(issuer.ca, true);
    assert.ok(isPair(serving));
    assert.ok(isPair(authority));
    assert.ok(!isPair({ certificate: serving.certificate, key: authority.key }));
    assert.ok(!isPair({ certificate: 'nothing', key: serving.key }));
  });

  test('are good a day before they are made, and due when a share of their lifetime is left', () => {
    const end = Date.parse(certificate.validTo);
    const lifetime = end - Date.parse(certificate.validFrom);
    const at = (time: number, left?: number) => isDue(certificate, new Date(time), left);
    assert.ok(!at(NOW.getTime() - DAY_MS));
    assert.ok(at(NOW.getTime() - DAY_MS - 1_000));
    assert.ok(!at(end - 0.33 * lifetime));
    assert.ok(at(end - 0.33 * lifetime + 1));
    assert.ok(!at(end - 0.33 * lifetime + 1, 0.1));
    assert.ok(isCurrent(certificate, new Date(end)) && !isCurrent(certificate, new Date(end + 1)));
  });

  test('of an authority that was renewed keep its key and name: what trusted the one trusts the other', async () => {
    const later = new Date(NOW.getTime() + 2_500 * DAY_MS);
    const renewed = new X509Certificate((await renewAuthority(authority, later, 100)).certificate);
    assert.equal(renewed.subject, issuer.subject);
    assert.ok(renewed.publicKey.equals(issuer.publicKey));
    assert.ok(certificate.checkIssued(renewed) && certificate.verify(renewed.publicKey));
    const until = Math.floor(later.getTime() / 1000) * 1000 + 100 * DAY_MS;
    assert.equal(Date.parse(renewed.validTo), until);
  });

  test('of a server do not outlive the authority', async () => {
    const late = new Date(Date.parse(issuer.validTo) - 40 * DAY_MS);
    const last = new X509Certificate((await makeServing(authority, HOSTS, late)).certificate);
    assert.equal(last.validTo, issuer.validTo);
  });

  test('are told apart by their names, in whatever order and however an address is written', () => {
    assert.ok(isFor(certificate, HOSTS));
    assert.ok(isFor(certificate, ['fd00:0:0::1', '127.0.0.1', 'hub.system.svc', 'hub']));
    assert.ok(!isFor(certificate, HOSTS.slice(1)));
    assert.ok(!isFor(certificate, [...HOSTS, 'more']));
  });
});
