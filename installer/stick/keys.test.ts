import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateKey, parsePublicKey } from '../../bundle/key.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { openSigningKey, openTrustedKey, type TrustInput, writeKeyPair } from './keys.ts';

test('the first use makes a key that only its owner can read; the next use finds it', async () => {
  const env = { XDG_CONFIG_HOME: await folder() };
  const first = await openSigningKey(undefined, env);
  assert.equal(first.made, true);
  assert.equal((await stat(first.path)).mode & 0o777, 0o600);
  const second = await openSigningKey(undefined, env);
  assert.equal(second.made, false);
  assert.equal(second.key.publicKey.fingerprint, first.key.publicKey.fingerprint);
});

test('a key that was named must be there; one that is there is never overwritten', async () => {
  const path = join(await folder(), 'vendor.key');
  await assert.rejects(openSigningKey(path, {}), code('KEY_INVALID'));
  await writeKeyPair(path, undefined);
  const before = await readFile(path, 'utf8');
  await assert.rejects(writeKeyPair(path, undefined), code('KEY_INVALID'));
  assert.equal(await readFile(path, 'utf8'), before);
});

test('a key that was given counts before all others', async () => {
  const given = await publicKeyFile();
  const key = await openTrustedKey({ ...NOTHING, keyPath: given.path, installed: generateKey().publicPem });
  assert.equal(key.fingerprint, given.fingerprint);
  await assert.rejects(openTrustedKey({ ...NOTHING, keyPath: '/nowhere.pub' }), code('KEY_INVALID'));
});

test('the key of the installation is remembered', async () => {
  const { publicPem } = generateKey();
  const key = await openTrustedKey({ ...NOTHING, installed: publicPem });
  assert.equal(key.fingerprint, parsePublicKey(publicPem, 'x').fingerprint);
});

test('the key on the stick is taken only by its fingerprint, or by a person who says yes to it', async () => {
  const { path: stickKeyPath, fingerprint } = await publicKeyFile();
  await assert.rejects(openTrustedKey({ ...NOTHING, stickKeyPath }), code('TRUST_KEY_REQUIRED'));
  await assert.rejects(
    openTrustedKey({ ...NOTHING, stickKeyPath, ask: async () => false }),
    code('TRUST_KEY_REQUIRED'),
  );
  await assert.rejects(
    openTrustedKey({ ...NOTHING, stickKeyPath, fingerprint: 'SHA256:other' }),
    code('SIGNATURE_WRONG_KEY'),
  );
  assert.equal((await openTrustedKey({ ...NOTHING, stickKeyPath, fingerprint })).fingerprint, fingerprint);
  const asked: string[] = [];
  const ask = async (shown: string) => asked.push(shown) > 0;
  assert.equal((await openTrustedKey({ ...NOTHING, stickKeyPath, ask })).fingerprint, fingerprint);
  assert.deepEqual(asked, [fingerprint]);
});

const NOTHING: TrustInput = {
  keyPath: undefined,
  fingerprint: undefined,
  stickKeyPath: '/nowhere',
  installed: undefined,
  env: {},
  ask: undefined,
};

async function publicKeyFile(): Promise<{ path: string; fingerprint: string }> {
  const path = join(await folder(), 'x.pub');
  const { publicPem } = generateKey();
  await writeFile(path, publicPem);
  return { path, fingerprint: parsePublicKey(publicPem, path).fingerprint };
}

async function folder(): Promise<string> {
  return await testFolder('keys');
}

function code(expected: string) {
  return (error: unknown) => isSkerryError(error, expected);
}
