import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Configuration } from 'openid-client';
import { IdTokens } from './id-token.ts';

const URL_OF_ISSUER = 'https://issuer.example';

async function keyNamed(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const token = async (subject: string) =>
    await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(URL_OF_ISSUER)
      .setAudience('skerry')
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey);
  return { token, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } };
}

test('keys that an issuer has moved to another address are found there, and are not looked for at each token', async () => {
  const [old, fresh, stranger] = [await keyNamed('old'), await keyNamed('new'), await keyNamed('none')];
  const places: Record<string, object> = { '/one': { keys: [old.jwk] } };
  let jwks = '/one';
  let read = 0;
  let known: string | undefined;
  let mayForget = true;
  const tokens = new IdTokens({
    issuer: {
      setting: { url: URL_OF_ISSUER, clientId: 'skerry', scopes: [] },
      fetch: async (url) => Response.json(places[new URL(url).pathname]),
      configuration: async () => {
        if (known === undefined) read++;
        known ??= jwks;
        const jwks_uri = `${URL_OF_ISSUER}${known}`;
        return new Configuration({ issuer: URL_OF_ISSUER, jwks_uri }, 'skerry');
      },
      forget: () => {
        if (!mayForget) return false;
        known = undefined;
        return true;
      },
    },
    audiences: ['skerry'],
    claims: { username: 'sub', prefix: 'oidc:' },
    now: () => new Date(),
  });
  const nameOf = async (token: string) => (await tokens.identify(token))?.username;
  assert.equal(await nameOf(await old.token('ada')), 'oidc:ada');
  assert.equal(read, 1);
  places['/two'] = { keys: [fresh.jwk] };
  jwks = '/two';
  assert.equal(await nameOf(await fresh.token('bob')), 'oidc:bob');
  assert.equal(read, 2);
  assert.equal(await nameOf(await old.token('ada')), undefined, 'its key is there no more');
  mayForget = false;
  const asked = read;
  assert.equal(await nameOf(await stranger.token('eve')), undefined);
  assert.equal(read, asked);
});
