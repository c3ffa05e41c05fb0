import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { blobOf, imageOf, pushImage, putManifest } from '../content.ts';
import { BACKENDS, DELETING, startRegistry } from '../registry.ts';

// RFC 9110, section 13, which distribution-spec, "Referrers Tag Schema", lets clients use against lost updates.
for (const backend of BACKENDS) {
  suite(`Conditional requests to a ${backend} store`, () => {
    test('what a client already has is not sent again', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('etag', 100);
      const manifest = await pushImage(registry, 'team/app', '1.0', { layers: [blob] });
      for (const target of [`blobs/${blob.digest}`, 'manifests/1.0', `manifests/${manifest.digest}`]) {
        const path = `/v2/team/app/${target}`;
        const { etag = '' } = (await registry.send('GET', path)).headers;
        for (const held of [etag, `"other", ${etag}`, `W/${etag}`, '*']) {
          for (const method of ['GET', 'HEAD']) {
            const again = await registry.send(method, path, { headers: { 'if-none-match': held } });
            assert.equal(again.status, 304, `${method} ${target} ${held}`);
            assert.equal(again.body.byteLength, 0);
          }
        }
        const other = await registry.send('GET', path, { headers: { 'if-none-match': '"other"' } });
        assert.equal(other.status, 200);
      }
    });

    test('content by digest may be kept by caches, a tag must be asked for again', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', '1.0', {});
      const byDigest = await registry.send('GET', `/v2/team/app/manifests/${manifest.digest}`);
      const byTag = await registry.send('GET', '/v2/team/app/manifests/1.0');
      assert.match(byDigest.headers['cache-control'] ?? '', /immutable/);
      assert.equal(byTag.headers['cache-control'], 'no-cache');
    });

    test('a tag is replaced only if it still holds what the client saw', async (t) => {
      const registry = await startRegistry(t, { backend });
      const one = await pushImage(registry, 'team/app', undefined, { annotations: { n: '1' } });
      const two = await pushImage(registry, 'team/app', undefined, { annotations: { n: '2' } });
      const put = async (manifest: typeof one, headers: Record<string, string>) =>
        (await putManifest(registry, 'team/app', 'tag', manifest, headers)).status;
      assert.equal(await put(one, { 'if-match': '*' }), 412);
      assert.equal(await put(one, { 'if-none-match': '*' }), 201);
      assert.equal(await put(two, { 'if-none-match': '*' }), 412);
      assert.equal(await put(two, { 'if-match': `"${two.digest}"` }), 412);
      assert.equal(await put(two, { 'if-match': `W/"${one.digest}"` }), 412);
      const race = [put(two, { 'if-match': `"${one.digest}"` }), put(two, { 'if-match': `"${one.digest}"` })];
      assert.deepEqual((await Promise.all(race)).sort(), [201, 412]);
    });

    test('of several tags either all are given or, when one holds something else, none', async (t) => {
      const registry = await startRegistry(t, { backend });
      await pushImage(registry, 'team/app', 'taken', { annotations: { n: '1' } });
      const image = imageOf({ annotations: { n: '2' } });
      const put = async (...tags: string[]) => {
        const query = tags.map((tag) => `tag=${tag}`).join('&');
        const headers = { 'if-none-match': '*' };
        return (await putManifest(registry, 'team/app', `${image.digest}?${query}`, image, headers)).status;
      };
      assert.equal(await put('free', 'taken'), 412);
      for (const reference of ['free', image.digest])
        assert.equal((await registry.send('GET', `/v2/team/app/manifests/${reference}`)).status, 404);
      assert.equal(await put('free', 'other'), 201);
      assert.equal((await registry.send('GET', '/v2/team/app/manifests/other')).status, 200);
    });
  });
}

for (const backend of DELETING) {
  suite(`Conditional deletes from a ${backend} store`, () => {
    test('a tag is deleted only if it still holds what the client saw', async (t) => {
      const registry = await startRegistry(t, { backend });
      const one = await pushImage(registry, 'team/app', 'tag', { annotations: { n: '1' } });
      const two = await pushImage(registry, 'team/app', 'tag', { annotations: { n: '2' } });
      const remove = async (digest: string) =>
        (
          await registry.send('DELETE', '/v2/team/app/manifests/tag', {
            headers: { 'if-match': `"${digest}"` },
          })
        ).status;
      assert.equal(await remove(one.digest), 412);
      assert.equal(await remove(two.digest), 202);
      assert.equal(await remove(two.digest), 412);
    });
  });
}
