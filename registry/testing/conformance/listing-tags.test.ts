import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { pushImage, putManifest } from '../content.ts';
import { BACKENDS, type Backend, DELETING, startRegistry, type TestRegistry } from '../registry.ts';
import { assertRefused, jsonOf, nextOf } from './requests.ts';

// distribution-spec, "Listing Tags".
for (const backend of BACKENDS) {
  suite(`Listing the tags of a ${backend} store`, () => {
    test('the list MUST be 200, JSON, and in the order of the bytes', async (t) => {
      const registry = await withTags(t, backend, ['v2', 'v10', 'V1', 'a', '_x', '0', 'a.b', 'a-b', 'a_b']);
      const answer = await registry.send('GET', '/v2/team/app/tags/list');
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-type'], 'application/json');
      const tags = ['0', 'V1', '_x', 'a', 'a-b', 'a.b', 'a_b', 'v10', 'v2'];
      assert.deepEqual(jsonOf(answer), { name: 'team/app', tags });
      assert.equal(answer.headers.link, undefined);
    });

    test('n MUST bound the page, which links to the next while there are more', async (t) => {
      const registry = await withTags(t, backend, ['a', 'b', 'c', 'd', 'e']);
      const first = await registry.send('GET', '/v2/team/app/tags/list?n=2');
      assert.deepEqual(jsonOf(first), { name: 'team/app', tags: ['a', 'b'] });
      const second = await registry.send('GET', nextOf(first));
      assert.deepEqual(jsonOf(second), { name: 'team/app', tags: ['c', 'd'] });
      const third = await registry.send('GET', nextOf(second));
      assert.deepEqual(jsonOf(third), { name: 'team/app', tags: ['e'] });
      assert.equal(third.headers.link, undefined);
    });

    test('as many as there are is a full page without a next one, and more may be asked for', async (t) => {
      const registry = await withTags(t, backend, ['a', 'b', 'c']);
      for (const n of ['3', '4', '1000000000', '999999999999999']) {
        const answer = await registry.send('GET', `/v2/team/app/tags/list?n=${n}`);
        assert.deepEqual(jsonOf(answer), { name: 'team/app', tags: ['a', 'b', 'c'] });
        assert.equal(answer.headers.link, undefined);
      }
    });

    test('n=0 MUST be an empty list without a Link', async (t) => {
      const registry = await withTags(t, backend, ['a', 'b']);
      for (const query of ['n=0', 'n=0&last=a']) {
        const none = await registry.send('GET', `/v2/team/app/tags/list?${query}`);
        assert.equal(none.status, 200);
        assert.deepEqual(jsonOf(none), { name: 'team/app', tags: [] });
        assert.equal(none.headers.link, undefined);
      }
    });

    test('last MUST leave out itself and what is before it, with n and without, whether it exists or not', async (t) => {
      const registry = await withTags(t, backend, ['a', 'b', 'c', 'd']);
      const cases: [string, string[]][] = [
        ['last=a', ['b', 'c', 'd']],
        ['last=bb', ['c', 'd']],
        ['last=b&n=1', ['c']],
        ['n=5&last=c', ['d']],
        ['last=d', []],
        ['last=zzz', []],
        ['last=', ['a', 'b', 'c', 'd']],
      ];
      for (const [query, tags] of cases) {
        const answer = await registry.send('GET', `/v2/team/app/tags/list?${query}`);
        assert.deepEqual(jsonOf(answer), { name: 'team/app', tags }, query);
      }
    });

    test('the registry MAY give less than was asked for, and MUST then link to the rest', async (t) => {
      const registry = await withTags(t, backend, ['a', 'b', 'c', 'd', 'e'], { pageEntries: 2 });
      for (const query of ['', '?n=4']) {
        const seen: unknown[] = [];
        let path: string | undefined = `/v2/team/app/tags/list${query}`;
        while (path !== undefined) {
          const answer = await registry.send('GET', path);
          seen.push(jsonOf(answer));
          path = answer.headers.link === undefined ? undefined : nextOf(answer);
        }
        assert.deepEqual(seen, [
          { name: 'team/app', tags: ['a', 'b'] },
          { name: 'team/app', tags: ['c', 'd'] },
          { name: 'team/app', tags: ['e'] },
        ]);
      }
    });

    test('a page that cannot be understood is 400', async (t) => {
      const registry = await withTags(t, backend, ['a']);
      for (const query of ['n=-1', 'n=x', 'n=', 'n=1e9', 'n=1.5', 'last=../..', `last=${'a'.repeat(300)}`])
        assertRefused(await registry.send('GET', `/v2/team/app/tags/list?${query}`), 400, 'UNSUPPORTED');
    });

    test('a repository that does not exist is 404', async (t) => {
      const registry = await startRegistry(t, { backend });
      assertRefused(await registry.send('GET', '/v2/team/app/tags/list'), 404, 'NAME_UNKNOWN');
    });
  });

  // distribution-spec reserves the path; what is there is Docker's registry's.
  suite(`Listing the repositories of a ${backend} store`, () => {
    test('repositories come in order, page by page', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const name of ['b', 'a/x', 'a', 'a-b']) await pushImage(registry, name, '1', {});
      const all = await registry.send('GET', '/v2/_catalog');
      assert.deepEqual(jsonOf(all), { repositories: ['a', 'a-b', 'a/x', 'b'] });
      const first = await registry.send('GET', '/v2/_catalog?n=3');
      assert.deepEqual(jsonOf(first), { repositories: ['a', 'a-b', 'a/x'] });
      const second = await registry.send('GET', nextOf(first));
      assert.deepEqual(jsonOf(second), { repositories: ['b'] });
      assert.equal(second.headers.link, undefined);
      const none = await registry.send('GET', '/v2/_catalog?n=0');
      assert.deepEqual(jsonOf(none), { repositories: [] });
      assert.deepEqual(jsonOf(await registry.send('GET', '/v2/_catalog?last=a/y')), { repositories: ['b'] });
    });

    test('none is an empty list', async (t) => {
      const registry = await startRegistry(t, { backend });
      assert.deepEqual(jsonOf(await registry.send('GET', '/v2/_catalog')), { repositories: [] });
    });
  });
}

for (const backend of DELETING) {
  test(`the list of tags MAY be empty in a ${backend} store, and is 200 as long as the repository exists`, async (t) => {
    const registry = await startRegistry(t, { backend });
    const { digest } = await pushImage(registry, 'team/app', undefined, {});
    await putManifest(registry, 'team/app', 'only', await pushImage(registry, 'team/app', 'other', {}));
    for (const tag of ['only', 'other']) await registry.send('DELETE', `/v2/team/app/manifests/${tag}`);
    assert.equal((await registry.send('HEAD', `/v2/team/app/manifests/${digest}`)).status, 200);
    const answer = await registry.send('GET', '/v2/team/app/tags/list');
    assert.equal(answer.status, 200);
    assert.deepEqual(jsonOf(answer), { name: 'team/app', tags: [] });
  });
}

async function withTags(
  t: TestContext,
  backend: Backend,
  tags: readonly string[],
  limits = {},
): Promise<TestRegistry> {
  const registry = await startRegistry(t, { backend, limits });
  const manifest = await pushImage(registry, 'team/app', undefined, {});
  for (const tag of tags) assert.equal((await putManifest(registry, 'team/app', tag, manifest)).status, 201);
  return registry;
}
