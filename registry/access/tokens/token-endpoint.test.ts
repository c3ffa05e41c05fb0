import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { z } from 'zod';
import { digestOf } from '../../../content/digest.ts';
import { basic, testAccess, userLine } from '../../testing/access.ts';
import { blobOf } from '../../testing/content.ts';
import { type Answer, startRegistry } from '../../testing/registry.ts';
import { openAccess } from '../access.ts';

const ada = basic('ada', 'päss:word');
const robot = basic('ci', 'robot');
const Token = z.object({
  token: z.string(),
  access_token: z.string(),
  expires_in: z.number(),
  scope: z.string(),
  refresh_token: z.string().optional(),
});

async function start(t: TestContext, anonymousPull = false) {
  const lines = [await userLine('ci', 'robot', 'team/*=pull,push')];
  const { access, state } = await testAccess({ anonymousPull, lines });
  const registry = await startRegistry(t, { backend: 'scoped', access });
  const get = (path: string, authorization?: string) =>
    registry.send('GET', path, { headers: authorization === undefined ? {} : { authorization } });
  const post = (form: Record<string, string>) =>
    registry.send('POST', '/token', {
      body: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  return { registry, state, get, post };
}

function tokenIn(answer: Answer) {
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['cache-control'], 'no-store');
  return Token.parse(JSON.parse(answer.body.toString()));
}

suite('the token server', () => {
  test('the version check leads to it, and a token from there opens what was asked for', async (t) => {
    const { registry, get } = await start(t);
    const host = `127.0.0.1:${registry.port}`;
    const first = await get('/v2/');
    assert.equal(first.status, 401);
    assert.equal(
      first.headers['www-authenticate'],
      `Bearer realm="http://${host}/token",service="skerry-registry"`,
    );
    const wanted = await registry.send('POST', '/v2/team/app/blobs/uploads/', { body: '' });
    assert.equal(wanted.status, 401);
    assert.match(wanted.headers['www-authenticate'] ?? '', /,scope="repository:team\/app:pull,push"$/);
    const { token, access_token, scope, expires_in } = tokenIn(
      await get(
        '/token?service=skerry-registry&scope=repository:team/app:pull,push&scope=repository:other:pull',
        robot,
      ),
    );
    assert.deepEqual([access_token, scope, expires_in], [token, 'repository:team/app:pull,push', 900]);
    const headers = { authorization: `Bearer ${token}` };
    assert.equal(
      (await registry.send('POST', '/v2/team/app/blobs/uploads/', { body: '', headers })).status,
      202,
    );
    assert.equal((await get('/v2/', headers.authorization)).status, 200);
  });

  test('a scope that is missing is told as such: what can be had with 401, what can not with 403', async (t) => {
    const { get, registry } = await start(t);
    const { token } = tokenIn(await get('/token?scope=repository:team/app:pull', robot));
    const more = await get('/v2/team/other/tags/list', `Bearer ${token}`);
    assert.equal(more.status, 401);
    assert.match(
      more.headers['www-authenticate'] ?? '',
      /scope="repository:team\/other:pull",error="insufficient_scope"$/,
    );
    const headers = { authorization: `Bearer ${token}` };
    const never = await registry.send('DELETE', `/v2/team/app/manifests/${digestOf('x')}`, { headers });
    assert.equal(never.status, 403);
    assert.deepEqual(never.codes, ['DENIED']);
    assert.match(
      never.headers['www-authenticate'] ?? '',
      /scope="repository:team\/app:delete",error="insufficient_scope"$/,
    );
    const broken = await get('/v2/', 'Bearer a.b.c');
    assert.equal(broken.status, 401);
    assert.match(broken.headers['www-authenticate'] ?? '', /error="invalid_token"$/);
  });

  test('the catalog asks for its scope', async (t) => {
    const { get } = await start(t);
    const asked = await get('/v2/_catalog');
    assert.match(asked.headers['www-authenticate'] ?? '', /,scope="registry:catalog:\*"$/);
    const { token, scope } = tokenIn(await get('/token?scope=registry:catalog:*', ada));
    assert.equal(scope, 'registry:catalog:*');
    assert.equal((await get('/v2/_catalog', `Bearer ${token}`)).status, 200);
  });

  test('a mirror’s client is asked for every name that it may mean', async (t) => {
    const { get } = await start(t);
    const asked = await get('/v2/library/app/manifests/1?ns=docker.io');
    assert.match(
      asked.headers['www-authenticate'] ?? '',
      /,scope="repository:library\/app:pull repository:docker.io\/library\/app:pull"$/,
    );
    // containerd sends them in one parameter.
    const { token } = tokenIn(
      await get(
        `/token?scope=${encodeURIComponent('repository:library/app:pull repository:docker.io/library/app:pull')}`,
        ada,
      ),
    );
    assert.equal((await get('/v2/library/app/manifests/1?ns=docker.io', `Bearer ${token}`)).status, 404);
  });

  test('who may read only what a mirror means gets it', async (t) => {
    const { access } = await testAccess({ lines: [await userLine('node', 'pull', 'docker.io/**=pull')] });
    const registry = await startRegistry(t, { backend: 'scoped', access });
    const headers = { authorization: basic('node', 'pull') };
    const get = async (path: string) => (await registry.send('GET', path, { headers })).status;
    assert.equal(await get('/v2/library/app/manifests/1?ns=docker.io'), 404);
    assert.equal(await get('/v2/library/app/manifests/1?ns=quay.io'), 403);
    assert.equal(await get('/v2/library/app/manifests/1'), 403);
  });

  test('who is nobody gets a token where pulling is open, and is asked for a password elsewhere', async (t) => {
    const open = await start(t, true);
    assert.equal((await open.get('/v2/')).status, 401);
    const { token, scope } = tokenIn(await open.get('/token?scope=repository:a:pull,push'));
    assert.equal(scope, 'repository:a:pull');
    assert.equal((await open.get('/v2/', `Bearer ${token}`)).status, 200);
    const closed = await start(t);
    for (const authorization of [undefined, basic('ada', 'wrong'), basic('', '')]) {
      const refused = await closed.get('/token', authorization);
      assert.equal(refused.status, 401);
      assert.deepEqual(refused.codes, ['UNAUTHORIZED']);
      assert.match(refused.headers['www-authenticate'] ?? '', /^Basic realm="/);
    }
  });

  test('a form gets tokens by password, and by the refresh token that came with them', async (t) => {
    const { get, post } = await start(t);
    const scope = 'repository:team/app:pull';
    const common = { service: 'skerry-registry', client_id: 'containerd', scope };
    const login = {
      ...common,
      grant_type: 'password',
      username: 'ci',
      password: 'robot',
      access_type: 'offline',
    };
    const { token, refresh_token = '' } = tokenIn(await post(login));
    assert.equal((await get('/v2/team/app/tags/list', `Bearer ${token}`)).status, 404);
    const next = tokenIn(await post({ ...common, grant_type: 'refresh_token', refresh_token }));
    assert.equal(next.refresh_token, undefined);
    assert.equal((await get('/v2/team/app/tags/list', `Bearer ${next.token}`)).status, 404);
    assert.notEqual(tokenIn(await get('/token?offline_token=true', robot)).refresh_token, undefined);
    assert.equal((await post({ ...login, password: 'wrong' })).status, 401);
    assert.equal((await post({ ...common, grant_type: 'refresh_token', refresh_token: token })).status, 401);
    for (const form of [
      {},
      { grant_type: 'authorization_code' },
      { grant_type: 'password', username: 'ci' },
    ]) {
      assert.equal((await post(form)).status, 400);
    }
    assert.equal((await post({ ...login, client_id: 'x'.repeat(20_000) })).status, 413);
  });

  test('guesses are told to wait, with the time that it takes', async (t) => {
    const { get, post, state } = await start(t);
    for (let n = 0; n < 5; n++) assert.equal((await get('/token', basic('ada', `guess ${n}`))).status, 401);
    for (const answer of [
      await get('/token', ada),
      await get('/v2/', ada),
      await post({ grant_type: 'password', username: 'ada', password: 'x' }),
    ]) {
      assert.equal(answer.status, 429);
      assert.deepEqual(answer.codes, ['TOOMANYREQUESTS']);
      assert.equal(answer.headers['retry-after'], '1');
    }
    assert.equal((await get('/token', robot)).status, 200);
    state.now += 1000;
    assert.equal((await get('/token', ada)).status, 200);
  });

  test('more scopes than a token can hold are refused', async (t) => {
    const { get } = await start(t);
    const scopes = Array.from({ length: 65 }, (_, n) => `scope=repository:a${n}:pull`).join('&');
    assert.equal((await get(`/token?${scopes}`, ada)).status, 400);
  });

  test('the most that a token can hold still fits into a header', async (t) => {
    const { get } = await start(t);
    const scopes = Array.from({ length: 64 }, (_, n) => `scope=repository:${'a'.repeat(44)}${n}:*`).join('&');
    const { token } = tokenIn(await get(`/token?${scopes}`, ada));
    assert.equal((await get('/v2/', `Bearer ${token}`)).status, 200);
  });

  test('where nobody has to log in there is none', async (t) => {
    const registry = await startRegistry(t, { access: openAccess });
    assert.equal((await registry.send('GET', '/token')).status, 404);
    assert.equal((await registry.send('GET', '/v2/')).status, 200);
  });

  test('where users come later, it is there from then on', async (t) => {
    const { access, state } = await testAccess();
    const { users } = state;
    state.users = undefined;
    const registry = await startRegistry(t, { access });
    const status = async (path: string) => (await registry.send('GET', path)).status;
    assert.deepEqual([await status('/v2/'), await status('/token')], [200, 200]);
    state.users = users;
    assert.deepEqual([await status('/v2/'), await status('/token')], [401, 401]);
  });

  test('a mount asks for a token that is for its source as well, where the account may pull that', async (t) => {
    const { registry, get } = await start(t);
    const blob = blobOf('shared', 100);
    for (const repository of ['team/base', 'secret']) {
      const path = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`;
      const options = { body: blob.bytes, headers: { authorization: ada } };
      assert.equal((await registry.send('POST', path, options)).status, 201);
    }
    const bearer = async (...names: string[]) => {
      const scopes = names.map((name) => `scope=repository:${name}:pull,push`).join('&');
      return { authorization: `Bearer ${tokenIn(await get(`/token?${scopes}`, robot)).token}` };
    };
    const mount = async (from: string | undefined, headers: Readonly<Record<string, string>>) => {
      const source = from === undefined ? '' : `&from=${from}`;
      const path = `/v2/team/app/blobs/uploads/?mount=${blob.digest}${source}`;
      return await registry.send('POST', path, { body: '', headers });
    };
    const narrow = await bearer('team/app');
    // Where no source is named, a client whose token is for one repository can still upload.
    assert.equal((await mount(undefined, narrow)).status, 202);
    const asked = await mount('team/base', narrow);
    assert.equal(asked.status, 401);
    assert.match(
      asked.headers['www-authenticate'] ?? '',
      /,scope="repository:team\/app:pull,push repository:team\/base:pull",error="insufficient_scope"$/,
    );
    const wide = await bearer('team/app', 'team/base');
    assert.equal((await mount('team/base', wide)).status, 201);
    assert.equal((await mount(undefined, wide)).status, 201);
    // What the account may not pull, no token opens; and what is not there is not worth another token.
    assert.equal((await mount('secret', narrow)).status, 202);
    assert.equal((await mount('team/nothing', narrow)).status, 202);
  });
});
