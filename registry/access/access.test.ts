import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { basic, testAccess } from '../testing/access.ts';
import { blobOf, pushImage } from '../testing/content.ts';
import { startRegistry } from '../testing/registry.ts';
import { openAccess, readOnlyAccess } from './access.ts';

const ada = basic('ada', 'päss:word');

suite('access', () => {
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

  test('anonymous may pull; who wants to change something has to say who they are', async (t) => {
    const { access } = await testAccess({ anonymousPull: true });
    const registry = await startRegistry(t, { backend: 'scoped', access });
    assert.equal((await registry.send('GET', '/v2/a/manifests/1')).status, 404);
    assert.equal((await registry.send('GET', '/v2/_catalog')).status, 200);
    for (const [method, path] of CHANGES) {
      for (const authorization of [undefined, basic('', ''), 'Bearer x', 'Negotiate x']) {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await registry.send(method, path, { body: '', headers });
        assert.equal(answer.status, 401, `${method} ${path}`);
        assert.deepEqual(answer.codes, ['UNAUTHORIZED']);
        assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer realm="/);
      }
    }
    const headers = { authorization: ada };
    const allowed = await registry.send('POST', '/v2/a/blobs/uploads/', { body: '', headers });
    assert.equal(allowed.status, 202);
    const wrong = { authorization: basic('ada', 'wrong') };
    assert.equal((await registry.send('GET', '/v2/a/manifests/1', { headers: wrong })).status, 401);
  });

  test('where pulling needs an account too, everything but the health of the registry does', async (t) => {
    const { access } = await testAccess({ anonymousPull: false });
    const registry = await startRegistry(t, { access });
    for (const path of ['/v2/', '/v2/_catalog', '/v2/a/manifests/1']) {
      assert.equal((await registry.send('GET', path)).status, 401);
      assert.notEqual((await registry.send('GET', path, { headers: { authorization: ada } })).status, 401);
    }
    assert.equal((await registry.send('GET', '/healthz')).status, 200);
  });

  test('nothing is mounted out of a repository that may not be read', async (t) => {
    const blob = blobOf('private', 100);
    const registry = await startRegistry(t, {
      backend: 'scoped',
      access: {
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

  test('a name that a mirror may mean opens no other repository', async (t) => {
    const registry = await startRegistry(t, {
      backend: 'served',
      access: {
        authorize: async ({ repository, action }) =>
          action === 'pull' && !repository?.startsWith('docker.io/') ? { kind: 'deny' } : { kind: 'allow' },
      },
    });
    const secret = await pushImage(registry, 'secret/app', 'v1-unreleased', {});
    await pushImage(registry, 'docker.io/library/app', 'v1', {});
    const get = async (path: string) => await registry.send('GET', `/v2/${path}?ns=docker.io`);
    for (const path of ['secret/app/tags/list', 'secret/app/manifests/v1-unreleased'])
      assert.equal((await get(path)).status, 404);
    const referrers = await get(`secret/app/referrers/${secret.digest}`);
    assert.deepEqual(JSON.parse(referrers.body.toString()).manifests, []);
    const tags = await get('library/app/tags/list');
    assert.deepEqual(JSON.parse(tags.body.toString()).tags, ['v1']);
    for (const answer of [tags, await get('library/app/manifests/v1')])
      assert.equal(answer.headers['oci-namespace'], 'docker.io');
  });

  test('without a source, a blob is mounted out of whichever repository may be read', async (t) => {
    const blob = blobOf('shared', 100);
    const registry = await startRegistry(t, {
      backend: 'served',
      access: {
        authorize: async ({ repository, action }) =>
          repository !== 'team/base' && action === 'pull' ? { kind: 'deny' } : { kind: 'allow' },
      },
    });
    for (const repository of ['private', 'other', 'team/base', 'zone'])
      await pushImage(registry, repository, '1', { layers: [blob] });
    const path = `/v2/mine/blobs/uploads/?mount=${blob.digest}`;
    assert.equal((await registry.send('POST', path, { body: '' })).status, 201);
  });

  test('neither passwords nor headers get into the log', async (t) => {
    const { access } = await testAccess({ anonymousPull: true });
    const registry = await startRegistry(t, { access });
    const push = (authorization: string) =>
      registry.send('POST', '/v2/a/blobs/uploads/', { body: '', headers: { authorization } });
    await push(ada);
    await push(basic('ada', 'wrong-one'));
    await registry.close();
    const text = JSON.stringify(registry.log);
    assert.equal(registry.log[0]?.user, 'ada');
    for (const secret of ['wrong-one', 'päss', ada.slice(6)]) assert.ok(!text.includes(secret));
  });

  test('a registry that is read-only, or whose store is, answers 405 to every change of anybody', async (t) => {
    const readOnly = await startRegistry(t, { backend: 'scoped', access: openAccess, readOnly: true });
    const unwritable = await startRegistry(t, { access: openAccess, uploads: undefined });
    for (const registry of [readOnly, unwritable]) {
      assert.equal((await registry.send('GET', '/v2/a/manifests/1')).status, 404);
      for (const [method, path] of CHANGES) {
        const answer = await registry.send(method, path, { body: '' });
        assert.equal(answer.status, 405, `${method} ${path}`);
        assert.deepEqual(answer.codes, ['UNSUPPORTED']);
      }
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
