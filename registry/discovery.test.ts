import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf } from '../content/digest.ts';
import { descriptorOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { referrersPage } from './referrers-endpoint.ts';
import { imageOf, indexOf, pushImage, putManifest } from './test-content.ts';
import { type Answer, type Backend, startRegistry, type TestRegistry } from './test-registry.ts';

// distribution-spec, "Content Discovery", and the catalog, on both kinds of store.
for (const backend of ['layout', 'scoped'] satisfies Backend[]) {
  suite(`discovering content of a ${backend} store`, () => {
    test('tags come in lexical order', async (t) => {
      const registry = await withTags(t, backend, ['v2', 'v10', 'V1', 'a']);
      const answer = await registry.send('GET', '/v2/team/app/tags/list');
      assert.equal(answer.status, 200);
      assert.deepEqual(json(answer), { name: 'team/app', tags: ['V1', 'a', 'v10', 'v2'] });
      assert.equal(answer.headers.link, undefined);
    });

    test('tags come page by page, linked to each other', async (t) => {
      const registry = await withTags(t, backend, ['a', 'b', 'c', 'd', 'e']);
      const first = await registry.send('GET', '/v2/team/app/tags/list?n=2');
      assert.deepEqual(json(first), { name: 'team/app', tags: ['a', 'b'] });
      const second = await registry.send('GET', nextOf(first));
      assert.deepEqual(json(second), { name: 'team/app', tags: ['c', 'd'] });
      const third = await registry.send('GET', nextOf(second));
      assert.deepEqual(json(third), { name: 'team/app', tags: ['e'] });
      assert.equal(third.headers.link, undefined);
    });

    test('n and last each work alone, and n=0 is an empty page', async (t) => {
      const registry = await withTags(t, backend, ['a', 'b', 'c']);
      const tags = async (query: string) =>
        json(await registry.send('GET', `/v2/team/app/tags/list?${query}`));
      assert.deepEqual(await tags('last=a'), { name: 'team/app', tags: ['b', 'c'] });
      assert.deepEqual(await tags('last=bb'), { name: 'team/app', tags: ['c'] });
      assert.deepEqual(await tags('last=c'), { name: 'team/app', tags: [] });
      assert.deepEqual(await tags('n=3'), { name: 'team/app', tags: ['a', 'b', 'c'] });
      const none = await registry.send('GET', '/v2/team/app/tags/list?n=0');
      assert.deepEqual(json(none), { name: 'team/app', tags: [] });
      assert.equal(none.headers.link, undefined);
    });

    test('a page that cannot be understood is 400', async (t) => {
      const registry = await withTags(t, backend, ['a']);
      for (const query of ['n=-1', 'n=x', 'n=', 'n=1e9', 'last=../..', `last=${'a'.repeat(300)}`]) {
        assert.equal((await registry.send('GET', `/v2/team/app/tags/list?${query}`)).status, 400, query);
      }
    });

    test('the registry may give less than was asked for, and then links to the rest', async (t) => {
      const registry = await withTags(t, backend, ['a', 'b', 'c'], { pageEntries: 2 });
      const all = await registry.send('GET', '/v2/team/app/tags/list');
      assert.deepEqual(json(all), { name: 'team/app', tags: ['a', 'b'] });
      const rest = await registry.send('GET', nextOf(all));
      assert.deepEqual(json(rest), { name: 'team/app', tags: ['c'] });
    });

    test('repositories come page by page', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const name of ['b', 'a/x', 'a']) await pushImage(registry, name, '1', {});
      const first = await registry.send('GET', '/v2/_catalog?n=2');
      assert.deepEqual(json(first), { repositories: ['a', 'a/x'] });
      assert.deepEqual(json(await registry.send('GET', nextOf(first))), { repositories: ['b'] });
    });

    test('nothing refers to a manifest that nobody knows, and that is no error', async (t) => {
      const registry = await startRegistry(t, { backend });
      const answer = await registry.send('GET', `/v2/team/app/referrers/${digestOf('unknown')}`);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-type'], MediaType.index);
      assert.deepEqual(json(answer), { schemaVersion: 2, mediaType: MediaType.index, manifests: [] });
    });

    test('referrers are listed with type and annotations, whether their subject came before, after or never', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = imageOf({ annotations: { is: 'the subject' } });
      const annotations = { 'org.example.note': 'hello' };
      const typed = await pushImage(registry, 'team/app', undefined, {
        subject,
        artifactType: 'a/one',
        annotations,
      });
      const untyped = await pushImage(registry, 'team/app', 'tagged', { subject });
      const index = indexOf([], { artifactType: 'a/two', subject: descriptorOf(subject), annotations });
      await putManifest(registry, 'team/app', index.digest, index);
      await pushImage(registry, 'team/app', undefined, { subject: untyped });
      const expected = [
        { ...descriptorOf(typed), artifactType: 'a/one', annotations },
        { ...descriptorOf(untyped), artifactType: MediaType.empty },
        { ...descriptorOf(index), artifactType: 'a/two', annotations },
      ];
      const listed = async () =>
        manifestsOf(await registry.send('GET', `/v2/team/app/referrers/${subject.digest}`));
      assert.deepEqual(await listed(), sorted(expected));
      await putManifest(registry, 'team/app', 'subject', subject);
      assert.deepEqual(await listed(), sorted(expected));
    });

    test('referrers are filtered by artifactType, and the answer says so', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = await pushImage(registry, 'team/app', '1.0', {});
      const one = await pushImage(registry, 'team/app', undefined, { subject, artifactType: 'a/one' });
      await pushImage(registry, 'team/app', undefined, { subject, artifactType: 'a/two' });
      const path = `/v2/team/app/referrers/${subject.digest}`;
      const filtered = await registry.send('GET', `${path}?artifactType=${encodeURIComponent('a/one')}`);
      assert.equal(filtered.headers['oci-filters-applied'], 'artifactType');
      assert.deepEqual(
        manifestsOf(filtered).map(({ digest }) => digest),
        [one.digest],
      );
      const all = await registry.send('GET', path);
      assert.equal(all.headers['oci-filters-applied'], undefined);
      assert.equal(manifestsOf(all).length, 2);
    });

    test('deleting answers 405 where the store cannot, and 202 where it can', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', '1.0', {});
      await putManifest(registry, 'team/app', '2.0', manifest);
      const config = `/v2/team/app/blobs/${digestOf('{}')}`;
      const targets = ['/v2/team/app/manifests/1.0', `/v2/team/app/manifests/${manifest.digest}`, config];
      for (const path of targets) {
        const answer = await registry.send('DELETE', path);
        assert.equal(answer.status, backend === 'scoped' ? 202 : 405, path);
        assert.deepEqual(answer.codes, backend === 'scoped' ? [] : ['UNSUPPORTED']);
        assert.equal((await registry.send('HEAD', path)).status, backend === 'scoped' ? 404 : 200);
        if (backend === 'scoped') assert.equal((await registry.send('DELETE', path)).status, 404);
      }
      assert.equal(
        (await registry.send('HEAD', '/v2/team/app/manifests/2.0')).status,
        backend === 'scoped' ? 404 : 200,
      );
    });

    test('another method is 405 and says which there are', async (t) => {
      const registry = await startRegistry(t, { backend });
      const cases: [string, string, string][] = [
        ['POST', '/v2/', 'GET, HEAD'],
        ['PUT', '/v2/team/app/tags/list', 'GET, HEAD'],
        ['POST', '/v2/team/app/manifests/1', 'GET, HEAD, PUT, DELETE'],
        ['GET', '/v2/team/app/blobs/uploads/', 'POST'],
        ['OPTIONS', '/v2/_catalog', 'GET, HEAD'],
      ];
      for (const [method, path, allow] of cases) {
        const answer = await registry.send(method, path);
        assert.equal(answer.status, 405, `${method} ${path}`);
        assert.deepEqual(answer.codes, ['UNSUPPORTED']);
        assert.equal(answer.headers.allow, allow);
      }
    });
  });
}

test('a list of referrers that is too large for one index goes on in another', () => {
  const all = Array.from({ length: 100 }, (_, n) => descriptorOf(imageOf({ annotations: { n: `${n}` } })));
  const room = Buffer.byteLength(JSON.stringify(all[0])) * 30;
  const seen: Descriptor[] = [];
  let last: string | undefined;
  let pages = 0;
  do {
    const { entries, next } = referrersPage(all, last, room);
    assert.ok(Buffer.byteLength(JSON.stringify(entries)) <= room + 2);
    seen.push(...entries);
    last = next;
    pages++;
  } while (last !== undefined);
  assert.deepEqual(seen, sorted(all));
  assert.equal(pages, 4);
});

async function withTags(
  t: Parameters<typeof startRegistry>[0],
  backend: Backend,
  tags: readonly string[],
  limits = {},
): Promise<TestRegistry> {
  const registry = await startRegistry(t, { backend, limits });
  const manifest = await pushImage(registry, 'team/app', undefined, {});
  for (const tag of tags) assert.equal((await putManifest(registry, 'team/app', tag, manifest)).status, 201);
  return registry;
}

function json({ body }: Answer): unknown {
  return JSON.parse(body.toString());
}

function nextOf({ headers }: Answer): string {
  const link = /^<([^>]+)>; rel="next"$/.exec(String(headers.link));
  assert.ok(link?.[1], `no next page in ${headers.link}`);
  return link[1];
}

function manifestsOf({ body }: Answer): Descriptor[] {
  return JSON.parse(body.toString()).manifests;
}

function sorted(entries: readonly Descriptor[]): Descriptor[] {
  return entries.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}
