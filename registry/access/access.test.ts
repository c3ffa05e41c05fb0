import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { blobOf, pushImage } from '../test-content.ts';
import { startRegistry } from '../test-registry.ts';
import { openAccess, readOnlyAccess } from './access.ts';
import { parseBasic } from './basic-credentials.ts';
import { passwordAccess } from './password-access.ts';
import { hashPassword, parseScryptHash, verifyPassword } from './password-hash.ts';
import { parseUsers } from './users-file.ts';

const SALT = Buffer.alloc(16, 7);
const CACHE_KEY = Buffer.alloc(32, 9);
const right = basic('ada', 'päss:word');

suite('passwords', () => {
  test('a hash fits its password and no other', async () => {
    const hash = parseScryptHash(await hashPassword('secret', SALT));
    assert.ok(hash);
    assert.equal(await verifyPassword('secret', hash), true);
    assert.equal(await verifyPassword('Secret', hash), false);
  });

  test('a hash that is none, or that would take too much memory, is refused', () => {
    const salt = 'AAAAAAAAAAAAAAAAAAAAAA';
    const hash = 'A'.repeat(43);
    assert.ok(parseScryptHash(`$scrypt$ln=15,r=8,p=1$${salt}$${hash}`));
    for (const text of [
      '',
      'plain',
      '$2y$05$abcdefghijklmnopqrstuv',
      `$scrypt$ln=30,r=8,p=1$${salt}$${hash}`,
      `$scrypt$ln=15,r=0,p=1$${salt}$${hash}`,
      `$scrypt$ln=15,r=8,p=1$${salt}$short`,
    ]) {
      assert.equal(parseScryptHash(text), undefined, text);
    }
  });

  test('a users file is read line by line, and an error never shows what it held', async () => {
    const hash = await hashPassword('x', SALT);
    const users = parseUsers(`# who may push\n\nada:${hash}\nrobot-1:${hash}\n`, 'users');
    assert.deepEqual([...users.keys()], ['ada', 'robot-1']);
    for (const text of ['ada', ':x', `a b:${hash}`, 'ada:topsecret']) {
      assert.throws(
        () => parseUsers(text, 'users'),
        (error: unknown) =>
          error instanceof Error &&
          'code' in error &&
          error.code === 'REGISTRY_USERS_INVALID' &&
          !error.message.includes('topsecret'),
      );
    }
  });

  test('credentials are read from the header, and empty ones are none', () => {
    assert.deepEqual(parseBasic(right), { user: 'ada', password: 'päss:word' });
    for (const header of [
      undefined,
      '',
      'Basic',
      'Basic !',
      'Bearer abc',
      basic('', ''),
      `Basic ${Buffer.from('nocolon').toString('base64')}`,
    ]) {
      assert.equal(parseBasic(header), undefined, String(header));
    }
  });
});

suite('access', () => {
  test('right credentials are remembered for a while, and wrong ones are not', async () => {
    let now = 0;
    const users = parseUsers(`ada:${await hashPassword('päss:word', SALT)}`, 'users');
    const access = passwordAccess({
      users,
      anonymousPull: false,
      cacheKey: CACHE_KEY,
      clock: () => now,
      remember: 1000,
    });
    const ask = async (authorization: string) =>
      (await access.authorize({ authorization, repository: 'a', action: 'push' })).kind;
    assert.equal(await ask(right), 'allow');
    now = 999;
    assert.equal(await ask(right), 'allow');
    now = 2001;
    assert.equal(await ask(right), 'allow');
    assert.equal(await ask(basic('ada', 'wrong')), 'challenge');
    assert.equal(await ask(basic('eve', 'päss:word')), 'challenge');
  });

  test('a flood of guesses is answered "busy" and not queued without end', async () => {
    const users = parseUsers(`ada:${await hashPassword('x', SALT)}`.replace('ln=15', 'ln=04'), 'users');
    const access = passwordAccess({ users, anonymousPull: false, cacheKey: CACHE_KEY, clock: () => 0 });
    const guesses = Array.from({ length: 100 }, (_, n) =>
      access.authorize({ authorization: basic('ada', `guess ${n}`), repository: 'a', action: 'push' }),
    );
    const kinds = (await Promise.all(guesses)).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'busy').length, 100 - 66);
    assert.equal(kinds.filter((kind) => kind === 'challenge').length, 66);
  });

  test('who may only read may pull and list, and is denied the rest', async (t) => {
    const registry = await startRegistry(t, { backend: 'scoped', access: readOnlyAccess });
    assert.equal((await registry.send('GET', '/v2/')).status, 200);
    assert.equal((await registry.send('GET', '/v2/_catalog')).status, 200);
    assert.equal((await registry.send('GET', '/v2/a/manifests/1')).status, 404);
    for (const [method, path] of CHANGES) {
      const answer = await registry.send(method, path, { body: '' });
      assert.equal(answer.status, 403, `${method} ${path}`);
      assert.deepEqual(answer.codes, ['DENIED']);
    }
  });

  test('anonymous may pull; who pushes is asked for a password', async (t) => {
    const registry = await startRegistry(t, { backend: 'scoped', access: await withAda(true) });
    const version = await registry.send('GET', '/v2/');
    assert.equal(version.status, 200);
    assert.match(version.headers['www-authenticate'] ?? '', /^Basic realm="/);
    assert.equal((await registry.send('GET', '/v2/a/manifests/1')).status, 404);
    for (const [method, path] of CHANGES) {
      for (const authorization of [undefined, basic('', ''), basic('ada', 'wrong'), 'Bearer x']) {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await registry.send(method, path, { body: '', headers });
        assert.equal(answer.status, 401, `${method} ${path}`);
        assert.deepEqual(answer.codes, ['UNAUTHORIZED']);
        assert.match(answer.headers['www-authenticate'] ?? '', /^Basic realm="/);
      }
    }
    const allowed = await registry.send('POST', '/v2/a/blobs/uploads/', {
      body: '',
      headers: { authorization: right },
    });
    assert.equal(allowed.status, 202);
  });

  test('where pulling needs a password too, the version check asks for it', async (t) => {
    const registry = await startRegistry(t, { access: await withAda(false) });
    for (const path of ['/v2/', '/v2/_catalog', '/v2/a/manifests/1']) {
      assert.equal((await registry.send('GET', path)).status, 401);
      assert.notEqual((await registry.send('GET', path, { headers: { authorization: right } })).status, 401);
    }
    assert.equal((await registry.send('GET', '/healthz')).status, 200);
  });

  test('nothing is mounted out of a repository that may not be read', async (t) => {
    const blob = blobOf('private', 100);
    const registry = await startRegistry(t, {
      backend: 'scoped',
      access: {
        challenge: undefined,
        authorize: async ({ repository, action }) =>
          repository === 'private' && action === 'pull' ? { kind: 'deny' } : { kind: 'allow' },
      },
    });
    await pushImage(registry, 'private', '1', { layers: [blob] });
    for (const from of ['&from=private', '']) {
      const mount = await registry.send('POST', `/v2/mine/blobs/uploads/?mount=${blob.digest}${from}`, {
        body: '',
      });
      assert.equal(mount.status, 202);
    }
    assert.equal((await registry.send('HEAD', `/v2/mine/blobs/${blob.digest}`)).status, 404);
  });

  test('neither passwords nor headers get into the log', async (t) => {
    const registry = await startRegistry(t, { access: await withAda(true) });
    await registry.send('POST', '/v2/a/blobs/uploads/', { body: '', headers: { authorization: right } });
    await registry.send('POST', '/v2/a/blobs/uploads/', {
      body: '',
      headers: { authorization: basic('ada', 'wrong-one') },
    });
    await registry.close();
    const text = JSON.stringify(registry.log);
    assert.equal(registry.log[0]?.user, 'ada');
    for (const secret of ['wrong-one', 'päss', right.slice(6)]) assert.ok(!text.includes(secret));
  });

  test('a store that cannot be written to answers 405 to every change', async (t) => {
    const registry = await startRegistry(t, { access: openAccess, uploads: undefined });
    for (const [method, path] of CHANGES) {
      const answer = await registry.send(method, path, { body: '' });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.deepEqual(answer.codes, ['UNSUPPORTED']);
    }
  });
});

const ID = '00000000-0000-0000-0000-000000000000';
const CHANGES: readonly [string, string][] = [
  ['POST', '/v2/a/blobs/uploads/'],
  ['PATCH', `/v2/a/blobs/uploads/${ID}`],
  ['PUT', `/v2/a/blobs/uploads/${ID}?digest=${digestOf('x')}`],
  ['PUT', '/v2/a/manifests/1'],
  ['DELETE', '/v2/a/manifests/1'],
  ['DELETE', `/v2/a/blobs/${digestOf('x')}`],
];

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

async function withAda(anonymousPull: boolean) {
  const users = parseUsers(`ada:${await hashPassword('päss:word', SALT)}`, 'users');
  return passwordAccess({ users, anonymousPull, cacheKey: CACHE_KEY, clock: () => 0 });
}
