import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { parseMirror } from '../file/mirror-file.ts';
import { openLogins, sealLogins } from './encrypted-logins.ts';
import { openKeyring } from './keyring.ts';
import { loginSources } from './login-sources.ts';
import { readPassphrase, writeLogins } from './logins-file.ts';

const LOGINS = { 'registry.example': { username: 'robot', password: 'a secret' } };
const code = (expected: string) => (error: unknown) => isSkerryError(error, expected);

test('logins come back with the passphrase, and with no other; a changed byte is seen', () => {
  const sealed = sealLogins(LOGINS, 'correct horse');
  assert.doesNotMatch(sealed, /robot|secret|registry/);
  assert.deepEqual(openLogins(sealed, 'correct horse', 'x'), LOGINS);
  const invalid = code('MIRROR_CREDENTIALS_INVALID');
  assert.throws(() => openLogins(sealed, 'battery staple', 'x'), invalid);
  const { data, ...rest } = JSON.parse(sealed);
  const bytes = Buffer.from(data, 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  const changed = JSON.stringify({ ...rest, data: bytes.toString('base64') });
  assert.throws(() => openLogins(changed, 'correct horse', 'x'), invalid);
  assert.throws(() => openLogins('{"auths":{}}', 'correct horse', 'x'), invalid);
});

test('nobody else may read the file with logins, unless its owner has let them', async () => {
  const path = join(await testFolder('rights'), 'logins.enc');
  const rights = async () => (await stat(path)).mode & 0o777;
  await writeLogins(path, LOGINS, 'correct horse');
  assert.equal(await rights(), 0o600);
  await chmod(path, 0o640);
  await writeLogins(path, LOGINS, 'correct horse');
  assert.equal(await rights(), 0o640);
});

test('a mirror finds logins in its file, then in the keyring, then where docker login keeps them', async () => {
  const folder = await testFolder('logins');
  await writeFile(join(folder, 'passphrase'), 'correct horse\n');
  await writeLogins(join(folder, 'logins.enc'), LOGINS, 'correct horse');
  const auth = Buffer.from('docker:login').toString('base64');
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { 'other.example': { auth } } }));
  const mirror = parseMirror(
    `{apiVersion: skerry.dev/v1, kind: Mirror, name: x, jobs: [{name: a, from: a, to: b}],
      logins: {file: logins.enc, passphraseFile: passphrase, keyring: true}}`,
    'mirror.yaml',
  );
  const file = { mirror, path: 'mirror.yaml', resolve: (path: string) => join(folder, path) };
  const asked: string[] = [];
  const keyring = {
    get: async (host: string) => {
      asked.push(host);
      return host === 'docker.io' ? { username: 'ring', password: 'x' } : undefined;
    },
    set: async () => {},
    remove: async () => false,
  };
  const source = await loginSources(
    file,
    { REGISTRY_AUTH_FILE: join(folder, 'config.json') },
    async () => keyring,
  );
  assert.deepEqual(await source('registry.example'), LOGINS['registry.example']);
  assert.equal((await source('registry-1.docker.io'))?.username, 'ring');
  assert.equal((await source('other.example'))?.username, 'docker');
  assert.equal(await source('nowhere.example'), undefined);
  assert.deepEqual(asked, ['docker.io', 'other.example', 'nowhere.example']);
  assert.doesNotMatch(await readFile(join(folder, 'logins.enc'), 'utf8'), /robot/);
});

test('a passphrase that is missing or empty is reported', async () => {
  const folder = await testFolder('passphrase');
  await writeFile(join(folder, 'empty'), '\n');
  const missing = code('MIRROR_PASSPHRASE_MISSING');
  await assert.rejects(readPassphrase(undefined, {}, 'x'), missing);
  await assert.rejects(readPassphrase(join(folder, 'none'), {}, 'x'), missing);
  await assert.rejects(
    readPassphrase(undefined, { SKERRY_MIRROR_PASSPHRASE_FILE: join(folder, 'empty') }, 'x'),
    missing,
  );
});

test('a keyring that can’t be loaded or used is reported, and one that works keeps logins', async () => {
  const unavailable = code('MIRROR_KEYRING_UNAVAILABLE');
  await assert.rejects(
    openKeyring(async () => {
      throw new Error('no native part');
    }),
    unavailable,
  );
  const entries = new Map<string, string>();
  const keyring = await openKeyring(async () => (service, name) => ({
    getPassword: async () => entries.get(`${service} ${name}`) ?? null,
    setPassword: async (password) => void entries.set(`${service} ${name}`, password),
    deletePassword: async () => entries.delete(`${service} ${name}`),
  }));
  await keyring.set('registry.example', LOGINS['registry.example']);
  assert.deepEqual(await keyring.get('registry.example'), LOGINS['registry.example']);
  assert.equal(await keyring.remove('registry.example'), true);
  assert.equal(await keyring.remove('registry.example'), false);
  assert.equal(await keyring.get('registry.example'), undefined);
  const locked = await openKeyring(async () => () => {
    throw new Error('locked');
  });
  await assert.rejects(locked.get('registry.example'), unavailable);
});
