import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { isSkerryError, messageOf } from '../error.ts';
import { testFolder } from '../testing/folder.ts';
import { credentialFiles } from './credentials.ts';

const AUTH = Buffer.from('anna:pass:word').toString('base64');
let home = '';

beforeEach(async () => {
  home = await testFolder('credentials');
});

test('auth.json comes before config.json, and each host has its own', async () => {
  await config('run/containers/auth.json', { auths: { 'a.example': { auth: AUTH } } });
  await config('docker/config.json', {
    auths: {
      'a.example': { username: 'other', password: 'other' },
      'b.example:5000': { username: 'bert', password: 'secret' },
    },
  });
  const look = credentialFiles({ XDG_RUNTIME_DIR: join(home, 'run'), DOCKER_CONFIG: join(home, 'docker') });
  assert.deepEqual(await look('a.example'), { username: 'anna', password: 'pass:word' });
  assert.deepEqual(await look('b.example:5000'), { username: 'bert', password: 'secret' });
  assert.equal(await look('b.example'), undefined);
  assert.equal(await look('constructor'), undefined);
});

test('a file that is named is asked first, and none at all means none', async () => {
  await config('mine.json', { auths: { 'a.example': { username: 'mine', password: 'x' } } });
  await config('.docker/config.json', { auths: { 'a.example': { username: 'home', password: 'x' } } });
  const name = async (env: NodeJS.ProcessEnv) => (await credentialFiles(env)('a.example'))?.username;
  assert.equal(await name({ HOME: home, REGISTRY_AUTH_FILE: join(home, 'mine.json') }), 'mine');
  assert.equal(await name({ HOME: home }), 'home');
  assert.equal(await name({ HOME: join(home, 'nobody') }), undefined);
  assert.equal(await name({}), undefined);
});

test('Docker Hub is found under all its names, other hosts also under old addresses', async () => {
  await config('config.json', {
    auths: {
      'https://index.docker.io/v1/': { auth: AUTH },
      'https://b.example/v2/': { username: 'bert', password: 'x' },
      'c.example/team': { username: 'for one team alone', password: 'x' },
    },
  });
  const look = credentialFiles({ DOCKER_CONFIG: home });
  for (const host of ['docker.io', 'index.docker.io', 'registry-1.docker.io'])
    assert.equal((await look(host))?.username, 'anna', host);
  assert.equal((await look('b.example'))?.username, 'bert');
  assert.equal(await look('c.example'), undefined);
});

test('a helper is asked with the host on its standard input', async (context) => {
  await helper('fake', `tee "$HOME/asked" >/dev/null; echo '{"Username":"helen","Secret":"s3cret"}'`);
  await config('config.json', { credHelpers: { 'a.example': 'fake' }, auths: {} });
  const path = process.env.PATH;
  process.env.PATH = `${home}:${path}`;
  const oldHome = process.env.HOME;
  process.env.HOME = home;
  context.after(() => {
    process.env.PATH = path;
    process.env.HOME = oldHome;
  });
  const look = credentialFiles({ DOCKER_CONFIG: home });
  assert.deepEqual(await look('a.example'), { username: 'helen', password: 's3cret' });
  assert.equal(await readFile(join(home, 'asked'), 'utf8'), 'a.example');
  assert.equal(await look('b.example'), undefined);
  await config('config.json', { credsStore: 'fake' });
  assert.equal((await look('docker.io'))?.username, 'helen');
  assert.equal(await readFile(join(home, 'asked'), 'utf8'), 'https://index.docker.io/v1/');
});

test('a helper that fails, talks nonsense or has a path for a name leaves the file’s own entry', async (context) => {
  await helper('failing', 'echo "credentials not found" >&2; exit 1');
  await helper('nonsense', 'echo hello');
  const path = process.env.PATH;
  process.env.PATH = `${home}:${path}`;
  context.after(() => {
    process.env.PATH = path;
  });
  for (const credsStore of ['failing', 'nonsense', 'absent', '../../bin/sh', 'x; rm -rf y']) {
    await config('config.json', { credsStore, auths: { 'a.example': { auth: AUTH } } });
    assert.equal((await credentialFiles({ DOCKER_CONFIG: home })('a.example'))?.username, 'anna', credsStore);
  }
});

test('a broken file is named without a word of what is in it', async () => {
  for (const text of [`{"auths": {"a.example": {"auth": "${AUTH}"`, `{"auths": "${AUTH}"}`, AUTH]) {
    await writeFile(join(home, 'config.json'), text);
    const error = await credentialFiles({ DOCKER_CONFIG: home })('a.example').catch((reason) => reason);
    assert.ok(isSkerryError(error, 'CREDENTIALS_UNREADABLE'));
    assert.ok(!messageOf(error).includes(AUTH.slice(0, 6)), messageOf(error));
  }
});

test('a file that may not be read is reported, not taken for no login', async () => {
  // A folder in its place can't be read either, whoever runs this.
  await mkdir(join(home, 'config.json'));
  const look = credentialFiles({ DOCKER_CONFIG: home });
  await assert.rejects(look('a.example'), hasCode('CREDENTIALS_UNREADABLE'));
  await config('auth.json', { auths: { 'a.example': { auth: AUTH } } });
  const both = credentialFiles({ DOCKER_CONFIG: home, REGISTRY_AUTH_FILE: join(home, 'auth.json') });
  assert.equal((await both('a.example'))?.username, 'anna');
  await assert.rejects(both('b.example'), hasCode('CREDENTIALS_UNREADABLE'));
  await writeFile(join(home, 'auth.json'), '');
  const empty = credentialFiles({ REGISTRY_AUTH_FILE: join(home, 'auth.json') });
  assert.equal(await empty('a.example'), undefined);
});

test('a helper that fails is reported, one that has no login for the host is not', async (context) => {
  await helper('failing', 'echo "the keyring is locked" >&2; exit 1');
  await helper('nonsense', 'echo hello');
  await helper('without', 'echo "credentials not found in native keychain"; exit 1');
  const path = process.env.PATH;
  process.env.PATH = `${home}:${path}`;
  context.after(() => {
    process.env.PATH = path;
  });
  const ask = async (credsStore: string) => {
    await config('config.json', { credsStore });
    return await credentialFiles({ DOCKER_CONFIG: home })('a.example');
  };
  for (const name of ['failing', 'nonsense', 'absent', '../../bin/sh'])
    await assert.rejects(ask(name), hasCode('CREDENTIAL_HELPER_FAILED'), name);
  assert.equal(await ask('without'), undefined);
});

function hasCode(code: string) {
  return (error: unknown) => isSkerryError(error, code);
}

async function config(path: string, json: object): Promise<void> {
  await mkdir(join(home, path, '..'), { recursive: true });
  await writeFile(join(home, path), JSON.stringify(json));
}

async function helper(name: string, script: string): Promise<void> {
  const path = join(home, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}
