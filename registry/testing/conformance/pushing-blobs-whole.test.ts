import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { blobOf, openUpload } from '../content.ts';
import { BACKENDS, startRegistry } from '../registry.ts';
import { assertBlobCreated, assertRefused } from './requests.ts';

// distribution-spec, "Pushing a blob monolithically".
for (const backend of BACKENDS) {
  suite(`Pushing a blob monolithically to a ${backend} store`, () => {
    test('POST then PUT: the POST MUST be 202 with a Location, the PUT 201 with that of the blob', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('one', 200_000), blobOf('two', 10_000, 'sha512'), blobOf('{}', 2)]) {
        const post = await registry.send('POST', '/v2/team/app/blobs/uploads/');
        assert.equal(post.status, 202);
        const put = await registry.send('PUT', `${post.headers.location}?digest=${blob.digest}`, {
          body: blob.bytes,
          headers: { 'content-type': 'application/octet-stream' },
        });
        await assertBlobCreated(registry, put, blob);
        assert.equal(put.headers.location, `/v2/team/app/blobs/${blob.digest}`);
      }
      assert.deepEqual(await readdir(registry.uploads), []);
    });

    test('a single POST MUST be 201 with the Location of the blob', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('one', 200_000), blobOf('two', 10_000, 'sha512')]) {
        const path = `/v2/team/app/blobs/uploads/?digest=${blob.digest}`;
        await assertBlobCreated(registry, await registry.send('POST', path, { body: blob.bytes }), blob);
      }
      assert.deepEqual(await readdir(registry.uploads), []);
    });

    test('a single POST that leaves the body out opens an upload', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('late', 100);
      const post = await registry.send('POST', `/v2/team/app/blobs/uploads/?digest=${blob.digest}`, {
        body: '',
      });
      assert.equal(post.status, 202);
      const path = `${post.headers.location}?digest=${blob.digest}`;
      await assertBlobCreated(registry, await registry.send('PUT', path, { body: blob.bytes }), blob);
    });

    test('an empty blob can be pushed either way', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const blob = blobOf('empty', 0, algorithm);
        const single = await registry.send('POST', `/v2/one/blobs/uploads/?digest=${blob.digest}`, {
          body: '',
        });
        await assertBlobCreated(registry, single, blob);
        const location = await openUpload(registry, 'two');
        const put = await registry.send('PUT', `${location}?digest=${blob.digest}`, { body: '' });
        await assertBlobCreated(registry, put, blob);
      }
    });

    test('a blob that is there already can be pushed again', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('again', 5000);
      for (let round = 0; round < 2; round++) {
        const location = await openUpload(registry, 'team/app');
        const put = await registry.send('PUT', `${location}?digest=${blob.digest}`, { body: blob.bytes });
        await assertBlobCreated(registry, put, blob);
      }
    });

    test('concurrent uploads MUST be possible, of different blobs and of the same', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blobs = Array.from({ length: 16 }, (_, n) => blobOf(`blob ${n % 8}`, 100_000));
      const locations = await Promise.all(blobs.map(() => openUpload(registry, 'team/app')));
      assert.equal(new Set(locations).size, blobs.length);
      await Promise.all(
        blobs.map(async (blob, n) => {
          const path = `${locations[n]}?digest=${blob.digest}`;
          await assertBlobCreated(registry, await registry.send('PUT', path, { body: blob.bytes }), blob);
        }),
      );
      assert.deepEqual(await readdir(registry.uploads), []);
    });

    test('a digest that is invalid or of another algorithm SHOULD be 400', async (t) => {
      const registry = await startRegistry(t, { backend });
      const location = await openUpload(registry, 'team/app');
      for (const digest of ['', 'sha256:short', `md5:${'0'.repeat(32)}`, `sha384:${'0'.repeat(96)}`]) {
        const put = await registry.send('PUT', `${location}?digest=${digest}`, { body: 'abc' });
        assertRefused(put, 400, 'DIGEST_INVALID');
        const post = await registry.send('POST', `/v2/team/app/blobs/uploads/?digest=${digest}`, {
          body: 'abc',
        });
        assertRefused(post, 400, 'DIGEST_INVALID');
      }
      assertRefused(await registry.send('PUT', location, { body: 'abc' }), 400, 'DIGEST_INVALID');
    });

    test('bytes that are not those of the digest are 400 and nothing is kept', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const digest = digestOf('right', algorithm);
        const single = await registry.send('POST', `/v2/team/app/blobs/uploads/?digest=${digest}`, {
          body: 'wrong',
        });
        assertRefused(single, 400, 'DIGEST_INVALID');
        const location = await openUpload(registry, 'team/app');
        const put = await registry.send('PUT', `${location}?digest=${digest}`, { body: 'wrong' });
        assertRefused(put, 400, 'DIGEST_INVALID');
        assert.equal((await registry.send('HEAD', `/v2/team/app/blobs/${digest}`)).status, 404);
      }
      assert.deepEqual(await readdir(registry.uploads), []);
    });

    test('an upload that was closed is over', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('over', 100);
      const location = await openUpload(registry, 'team/app');
      await registry.send('PUT', `${location}?digest=${blob.digest}`, { body: blob.bytes });
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const answer = await registry.send(method, `${location}?digest=${blob.digest}`, { body: '' });
        assertRefused(answer, 404, 'BLOB_UPLOAD_UNKNOWN');
      }
    });

    test('an upload is known only in its repository', async (t) => {
      const registry = await startRegistry(t, { backend });
      const id = (await openUpload(registry, 'team/app')).split('/').at(-1);
      for (const path of [
        `/v2/team/other/blobs/uploads/${id}`,
        `/v2/team/app/blobs/uploads/${id}0`,
        '/v2/team/app/blobs/uploads/..%2f..',
        '/v2/team/app/blobs/uploads/1',
      ])
        assertRefused(await registry.send('PATCH', path, { body: 'abc' }), 404, 'BLOB_UPLOAD_UNKNOWN');
    });

    test('a blob that is larger than the registry takes is 413', async (t) => {
      const registry = await startRegistry(t, { backend, limits: { blobBytes: 1000 } });
      const blob = blobOf('large', 1001);
      const location = await openUpload(registry, 'team/app');
      for (const [method, path] of [
        ['PUT', `${location}?digest=${blob.digest}`],
        ['POST', `/v2/team/app/blobs/uploads/?digest=${blob.digest}`],
        ['PATCH', location],
      ] as const) {
        assert.equal((await registry.send(method, path, { body: blob.bytes })).status, 413);
        const pieces = [blob.bytes.subarray(0, 600), blob.bytes.subarray(600)];
        const { status } = await registry.send(method, path, { body: pieces });
        assert.ok(status === 413 || status === 404, `${method} ${status}`);
      }
    });
  });
}
