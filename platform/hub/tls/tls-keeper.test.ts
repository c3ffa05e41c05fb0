import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { type KeyPair, makeAuthority, makeServing } from './certificate.ts';
import { TlsKeeper } from './tls-keeper.ts';

const NOW = new Date();
const authority = await makeAuthority(NOW);
const first = await makeServing(authority, ['hub'], NOW);
const second = await makeServing(authority, ['hub'], NOW);

test('a new certificate is put to use once, a broken one never, and the old one stays', async () => {
  const errors: unknown[] = [];
  const used: KeyPair[] = [];
  let source: KeyPair = first;
  const keeper = await TlsKeeper.open({
    name: 'test',
    read: async () => source,
    everyMs: 3_600_000,
    signal: new AbortController().signal,
    onError: (error) => errors.push(error),
  });
  const check = async () => await keeper.check((pair) => used.push(pair));
  await check();
  assert.deepEqual(used, []);
  source = { certificate: first.certificate, key: second.key };
  await check();
  assert.ok(isSkerryError(errors[0], 'TLS_CERTIFICATE_INVALID'));
  assert.equal(keeper.current, first);
  source = second;
  await check();
  await check();
  assert.deepEqual(used, [second]);
  assert.equal(keeper.current, second);
});

test('a hub does not start with a certificate that it cannot serve', async () => {
  const opening = TlsKeeper.open({
    name: 'hub.crt, hub.key',
    read: async () => ({ certificate: 'none', key: 'none' }),
    everyMs: 3_600_000,
    signal: new AbortController().signal,
    onError: () => undefined,
  });
  await assert.rejects(
    opening,
    (error) => isSkerryError(error, 'TLS_CERTIFICATE_INVALID') && error.subject === 'hub.crt, hub.key',
  );
});

test('a certificate that a clock has made useless is looked after at once, and any other in its turn', async () => {
  let now = NOW;
  const keeper = await TlsKeeper.open({
    ...{ name: 'hub', read: async () => first, everyMs: 3_600_000, now: () => now },
    signal: new AbortController().signal,
    onError: () => undefined,
  });
  assert.deepEqual([keeper.isLookDue(60_000), keeper.isLookDue(3_600_000)], [false, true]);
  for (const years of [10, -10]) {
    now = new Date(NOW.getTime() + years * 366 * 86_400_000);
    assert.equal(keeper.isLookDue(60_000), true);
  }
});
