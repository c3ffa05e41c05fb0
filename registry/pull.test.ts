import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../content/digest.ts';
import { blobOf, indexOf, pushBlob, pushImage, putManifest } from './test-content.ts';
import { type Backend, startRegistry } from './test-registry.ts';

// distribution-spec, "Pull", section by section, on both kinds of store.
for (const backend of ['layout', 'scoped'] satisfies Backend[]) {
  suite(`pulling from a ${backend} store`, () => {
    test('the version check answers 200', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const path of ['/v2/', '/v2']) {
        const answer = await registry.send('GET', path);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['docker-distribution-api-version'], 'registry/2.0');
      }
    });

    test('a manifest comes byte for byte, by tag and by digest, with its type and digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', '1.0', { layers: [blobOf('layer', 1000)] });
      for (const reference of ['1.0', manifest.digest]) {
        const answer = await registry.send('GET', `/v2/team/app/manifests/${reference}`);
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.body, Buffer.from(manifest.bytes));
        assert.equal(answer.headers['content-type'], manifest.mediaType);
        assert.equal(answer.headers['docker-content-digest'], manifest.digest);
      }
    });

    test('HEAD of a manifest says the same as GET, without a body', async (t) => {
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

    test('an index and a nested index come byte for byte', async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = await pushImage(registry, 'team/app', undefined, {});
      const inner = indexOf([image]);
      const outer = indexOf([inner]);
      assert.equal((await putManifest(registry, 'team/app', inner.digest, inner)).status, 201);
      assert.equal((await putManifest(registry, 'team/app', 'all', outer)).status, 201);
      const answer = await registry.send('GET', '/v2/team/app/manifests/all');
      assert.deepEqual(answer.body, Buffer.from(outer.bytes));
      assert.equal((await registry.send('GET', `/v2/team/app/manifests/${inner.digest}`)).status, 200);
    });

    test('a blob comes byte for byte, with its digest and length', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('a', 3_000_000), blobOf('b', 70_000, 'sha512')]) {
        await pushBlob(registry, 'team/app', blob);
        const answer = await registry.send('GET', `/v2/team/app/blobs/${blob.digest}`);
        assert.equal(answer.status, 200);
        assert.ok(answer.body.equals(blob.bytes));
        assert.equal(answer.headers['docker-content-digest'], blob.digest);
        assert.equal(answer.headers['content-length'], String(blob.bytes.byteLength));
        const head = await registry.send('HEAD', `/v2/team/app/blobs/${blob.digest}`);
        assert.equal(head.status, 200);
        assert.equal(head.headers['content-length'], String(blob.bytes.byteLength));
        assert.equal(head.headers['docker-content-digest'], blob.digest);
      }
    });

    test('an empty blob is a blob', async (t) => {
      const registry = await startRegistry(t, { backend });
      const empty = { bytes: Buffer.alloc(0), digest: digestOf('') };
      await pushBlob(registry, 'team/app', empty);
      const answer = await registry.send('GET', `/v2/team/app/blobs/${empty.digest}`);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-length'], '0');
    });

    test('a range of a blob is answered with 206, or 416 where there is none', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('range', 2048);
      await pushBlob(registry, 'team/app', blob);
      const path = `/v2/team/app/blobs/${blob.digest}`;
      const cases: [string, number, number][] = [
        ['bytes=500-1499', 500, 1499],
        ['bytes=500-', 500, 2047],
        ['bytes=-500', 1548, 2047],
        ['bytes=2000-5000', 2000, 2047],
        ['bytes=0-0', 0, 0],
      ];
      for (const [range, first, last] of cases) {
        const answer = await registry.send('GET', path, { headers: { range } });
        assert.equal(answer.status, 206, range);
        assert.ok(answer.body.equals(blob.bytes.subarray(first, last + 1)), range);
        assert.equal(answer.headers['content-range'], `bytes ${first}-${last}/2048`);
        assert.equal(answer.headers['content-length'], String(last - first + 1));
      }
      for (const range of ['bytes=500-0', 'bytes=5000-10000', 'bytes=-0', 'bytes=2048-']) {
        const answer = await registry.send('GET', path, { headers: { range } });
        assert.equal(answer.status, 416, range);
        assert.equal(answer.headers['content-range'], 'bytes */2048');
      }
    });

    test('a range that cannot be read, or that is for other content, is ignored', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('range', 100);
      await pushBlob(registry, 'team/app', blob);
      const path = `/v2/team/app/blobs/${blob.digest}`;
      for (const headers of [
        { range: 'lines=1-2' },
        { range: 'bytes=1-2,5-6' },
        { range: 'bytes=-' },
        { range: 'bytes=5-9', 'if-range': '"other"' },
      ]) {
        const answer = await registry.send('GET', path, { headers });
        assert.equal(answer.status, 200);
        assert.equal(answer.body.byteLength, 100);
      }
      const right = { range: 'bytes=5-9', 'if-range': `"${blob.digest}"` };
      assert.equal((await registry.send('GET', path, { headers: right })).status, 206);
    });

    test('what a client already has is not sent again', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('etag', 100);
      const manifest = await pushImage(registry, 'team/app', '1.0', { layers: [blob] });
      const targets = [`blobs/${blob.digest}`, 'manifests/1.0', `manifests/${manifest.digest}`];
      for (const target of targets) {
        const first = await registry.send('GET', `/v2/team/app/${target}`);
        for (const held of [
          first.headers.etag ?? '',
          `"other", ${first.headers.etag}`,
          `W/${first.headers.etag}`,
          '*',
        ]) {
          const again = await registry.send('GET', `/v2/team/app/${target}`, {
            headers: { 'if-none-match': held },
          });
          assert.equal(again.status, 304, `${target} ${held}`);
          assert.equal(again.body.byteLength, 0);
        }
        const other = await registry.send('GET', `/v2/team/app/${target}`, {
          headers: { 'if-none-match': '"other"' },
        });
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

    test('what is not there is 404, with the code of its kind', async (t) => {
      const registry = await startRegistry(t, { backend });
      const digest = digestOf('nothing');
      const cases: [string, string][] = [
        ['/v2/team/app/manifests/none', 'MANIFEST_UNKNOWN'],
        [`/v2/team/app/manifests/${digest}`, 'MANIFEST_UNKNOWN'],
        ['/v2/team/app/manifests/.not-a-tag', 'MANIFEST_UNKNOWN'],
        [`/v2/team/app/blobs/${digest}`, 'BLOB_UNKNOWN'],
        ['/v2/team/app/tags/list', 'NAME_UNKNOWN'],
        ['/v2/team/app/nothing', 'UNSUPPORTED'],
        ['/', 'UNSUPPORTED'],
      ];
      for (const [path, code] of cases) {
        const answer = await registry.send('GET', path);
        assert.equal(answer.status, 404, path);
        assert.deepEqual(answer.codes, [code], path);
        assert.equal((await registry.send('HEAD', path)).status, 404);
      }
    });

    test('a name or digest that breaks the grammar is 400', async (t) => {
      const registry = await startRegistry(t, { backend });
      const cases: [string, string][] = [
        ['/v2/Team/app/tags/list', 'NAME_INVALID'],
        ['/v2/../app/tags/list', 'NAME_INVALID'],
        ['/v2/team/%2e%2e/tags/list', 'NAME_INVALID'],
        ['/v2/team%2f..%2fapp/manifests/1', 'NAME_INVALID'],
        [`/v2/${'a/'.repeat(128)}a/tags/list`, 'NAME_INVALID'],
        ['/v2/team/app/blobs/sha256:short', 'DIGEST_INVALID'],
        ['/v2/team/app/blobs/..%2f..%2fetc', 'DIGEST_INVALID'],
        ['/v2/team/app/manifests/sha256:baddigeststring', 'DIGEST_INVALID'],
        ['/v2/team/app/referrers/sha256:short', 'DIGEST_INVALID'],
      ];
      for (const [path, code] of cases) {
        const answer = await registry.send('GET', path);
        assert.equal(answer.status, 400, path);
        assert.deepEqual(answer.codes, [code], path);
      }
    });

    test("a mirror's client finds content under the host that it means", async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('mirror', 100);
      await pushImage(registry, 'docker.io/library/app', '1.0', { layers: [blob] });
      for (const target of ['manifests/1.0', `blobs/${blob.digest}`]) {
        const scoped = await registry.send('GET', `/v2/library/app/${target}?ns=docker.io`);
        assert.equal(scoped.status, 200);
        assert.equal(scoped.headers['oci-namespace'], 'docker.io');
        const whole = await registry.send('GET', `/v2/docker.io/library/app/${target}?ns=docker.io`);
        assert.equal(whole.status, 200);
      }
      assert.equal((await registry.send('GET', '/v2/library/app/manifests/1.0?ns=ghcr.io')).status, 404);
      assert.equal((await registry.send('GET', '/v2/library/app/manifests/1.0?ns=../..')).status, 404);
    });
  });
}
