import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Claims, parseBearer, readToken, signToken } from './token.ts';
import { TokenReader } from './token-reader.ts';

const KEY = Buffer.alloc(32, 1);
const NOW = Date.parse('2027-01-01T00:00:00Z');
const CLAIMS: Claims = {
  id: 'id-1',
  use: 'access',
  user: 'ada',
  account: 'bond',
  access: [{ type: 'repository', name: 'team/app', actions: ['pull'] }],
  issued: NOW,
  expires: NOW + 60_000,
};

test('a token is read back while it lives', () => {
  const token = signToken(CLAIMS, KEY);
  assert.deepEqual(readToken(token, KEY, NOW), CLAIMS);
  assert.deepEqual(readToken(token, KEY, NOW + 59_999), CLAIMS);
  assert.equal(readToken(token, KEY, NOW + 60_000), undefined);
});

test('a token of another key is none', () => {
  assert.equal(readToken(signToken(CLAIMS, KEY), Buffer.alloc(32, 2), NOW), undefined);
});

test('a token with any other bit is none', () => {
  const token = signToken(CLAIMS, KEY);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'eve' })).toString('base64url');
  assert.equal(readToken(`${header}.${forged}.${signature}`, KEY, NOW), undefined);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '0', '_', '.'), (at, character) => {
      fc.pre(token[at] !== character);
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      const read = readToken(changed, KEY, NOW);
      // The last character of a base64 text has bits that mean nothing.
      assert.ok(read === undefined || at === token.length - 1);
    }),
  );
});

test('the algorithm is not for the token to say', () => {
  const [, payload = ''] = signToken(CLAIMS, KEY).split('.');
  for (const alg of ['none', 'HS256 ', 'HS512', 'RS256']) {
    const header = Buffer.from(JSON.stringify({ typ: 'JWT', alg })).toString('base64url');
    const signature = createHmac('sha256', KEY).update(`${header}.${payload}`).digest('base64url');
    assert.equal(readToken(`${header}.${payload}.${signature}`, KEY, NOW), undefined, alg);
    assert.equal(readToken(`${header}.${payload}.`, KEY, NOW), undefined, alg);
  }
});

test('anything else is no token, and makes nothing fail', () => {
  for (const text of ['', '.', '..', '...', 'a.b.c', `${signToken(CLAIMS, KEY)}.x`]) {
    assert.equal(readToken(text, KEY, NOW), undefined, text);
  }
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => readToken(text, KEY, NOW) === undefined));
});

test('a token is taken out of its header', () => {
  assert.equal(parseBearer('Bearer a.b.c'), 'a.b.c');
  assert.equal(parseBearer('bearer  a.b.c '), 'a.b.c');
  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', 'xBearer a']) {
    assert.equal(parseBearer(header), undefined, String(header));
  }
});

test('a token that was good is good again until it ends, and one that was not never', () => {
  const reader = new TokenReader(KEY);
  const token = signToken(CLAIMS, KEY);
  for (const now of [NOW, NOW + 59_999]) assert.deepEqual(reader.read(token, now), CLAIMS);
  assert.equal(reader.read(token, NOW + 60_000), undefined);
  assert.equal(reader.read(`${token}x`, NOW), undefined);
  for (let n = 0; n < 1500; n++) {
    const other = { ...CLAIMS, id: `id-${n}` };
    assert.deepEqual(reader.read(signToken(other, KEY), NOW), other);
  }
  assert.deepEqual(reader.read(token, NOW), CLAIMS);
});
