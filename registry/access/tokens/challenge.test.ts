import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testAccess } from '../../testing/access.ts';
import { startRegistry } from '../../testing/registry.ts';

async function realm(externalUrl: string | undefined, host: string, t: Parameters<typeof startRegistry>[0]) {
  const { access } = await testAccess();
  const registry = await startRegistry(t, { access, externalUrl });
  const answer = await registry.send('GET', '/v2/', {
    headers: { host, 'x-forwarded-host': 'evil.example' },
  });
  const found = /^Bearer realm="([^"]*)"/.exec(answer.headers['www-authenticate'] ?? '')?.[1];
  return found?.replace(`:${registry.port}/`, ':PORT/');
}

test('clients are led to the address by which they came', async (t) => {
  for (const host of [
    'localhost:31999',
    'registry.example.com',
    '10.0.0.7:5000',
    '[fd00::7]:5000',
    'under_score:1',
  ]) {
    assert.equal(await realm(undefined, host, t), `http://${host}/token`);
  }
});

test('to the one that the operator says, if there is one', async (t) => {
  assert.equal(await realm('https://registry.example.com', 'a:1', t), 'https://registry.example.com/token');
});

test('what is no host leads nobody anywhere', async (t) => {
  for (const host of [
    '',
    'a b',
    'evil.example/x?',
    'a",service="x',
    'u@evil.example',
    'a:b',
    '-a',
    `${'a'.repeat(300)}`,
  ]) {
    assert.equal(await realm(undefined, host, t), 'http://127.0.0.1:PORT/token', host);
  }
});
