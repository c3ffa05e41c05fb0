import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { blobOf, pushBlob, pushImage } from '../content.ts';
import { BACKENDS, startRegistry } from '../registry.ts';
import { NOTHING } from './requests.ts';

// distribution-spec, "Checking if content exists in the registry".
for (const backend of BACKENDS) {
  suite(`Checking if content exists in a ${backend} store`, () => {
    test('a HEAD of an existing manifest MUST be 200, with its digest and its size and no body', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', '1.0', {});
      for (const reference of ['1.0', manifest.digest]) {
        const answer = await registry.send('HEAD', `/v2/team/app/manifests/${reference}`);
        assert.equal(answer.status, 200);
        assert.equal(answer.body.byteLength, 0);
        assert.equal(answer.headers['content-length'], String(manifest.bytes.byteLength));
        assert.equal(answer.headers['content-type'], manifest.mediaType);
        assert.equal(answer.headers['docker-content-digest'], manifest.digest);
      }
    });

    test('a HEAD of an existing blob MUST be 200, with its digest and its size and no body', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('a', 300_000), blobOf('b', 10, 'sha512'), blobOf('c', 0)]) {
        await pushBlob(registry, 'team/app', blob);
        const answer = await registry.send('HEAD', `/v2/team/app/blobs/${blob.digest}`);
        assert.equal(answer.status, 200);
        assert.equal(answer.body.byteLength, 0);
        assert.equal(answer.headers['content-length'], String(blob.bytes.byteLength));
        assert.equal(answer.headers['docker-content-digest'], blob.digest);
      }
    });

    test('what is not in the repository MUST be 404', async (t) => {
      const registry = await startRegistry(t, { backend });
      await pushImage(registry, 'team/app', '1.0', {});
      for (const path of ['manifests/2.0', `manifests/${NOTHING}`, `blobs/${NOTHING}`]) {
        const answer = await registry.send('HEAD', `/v2/team/app/${path}`);
        assert.equal(answer.status, 404, path);
        assert.equal(answer.body.byteLength, 0);
      }
    });

    test('every GET has a HEAD with the same status and headers', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('layer', 100);
      const image = await pushImage(registry, 'team/app', '1.0', { layers: [blob] });
      for (const path of [
        '/v2/',
        '/v2/_catalog',
        '/v2/team/app/tags/list?n=1',
        '/v2/team/app/manifests/1.0',
        `/v2/team/app/blobs/${blob.digest}`,
        `/v2/team/app/referrers/${image.digest}?artifactType=a/b`,
      ]) {
        const [get, head] = [await registry.send('GET', path), await registry.send('HEAD', path)];
        assert.equal(head.status, get.status, path);
        assert.equal(head.body.byteLength, 0, path);
        for (const name of ['content-length', 'content-type', 'link', 'etag', 'oci-filters-applied'])
          assert.equal(head.headers[name], get.headers[name], `${path} ${name}`);
      }
    });
  });
}
