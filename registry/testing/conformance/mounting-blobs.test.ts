import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { blobOf, pushBlob } from '../content.ts';
import { BACKENDS, DELETING, startRegistry } from '../registry.ts';
import { assertBlobCreated, NOTHING } from './requests.ts';

// distribution-spec, "Mounting a blob from another repository".
for (const backend of BACKENDS) {
  suite(`Mounting a blob of a ${backend} store`, () => {
    test('a successful mount MUST be 201 with the Location of the blob', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const blob = blobOf('mounted', 1000, algorithm);
        await pushBlob(registry, 'team/from', blob);
        const path = `/v2/team/to/blobs/uploads/?mount=${blob.digest}&from=team%2Ffrom`;
        const mount = await registry.send('POST', path, { body: '' });
        assert.equal(mount.headers.location, `/v2/team/to/blobs/${blob.digest}`);
        await assertBlobCreated(registry, mount, blob);
      }
    });

    test('a mount without a source MAY be made from any repository that has the blob', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('mounted', 1000);
      await pushBlob(registry, 'team/from', blob);
      const mount = await registry.send('POST', `/v2/team/to/blobs/uploads/?mount=${blob.digest}`, {
        body: '',
      });
      await assertBlobCreated(registry, mount, blob);
    });

    test('a blob that is in the repository already can be mounted', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('here', 1000);
      await pushBlob(registry, 'team/app', blob);
      for (const from of ['', '&from=team/app']) {
        const path = `/v2/team/app/blobs/uploads/?mount=${blob.digest}${from}`;
        await assertBlobCreated(registry, await registry.send('POST', path, { body: '' }), blob);
      }
    });

    test('a mount that cannot be made SHOULD be 202, and the upload goes on from there', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const [n, query] of [
        `mount=DIGEST&from=team/from`,
        'mount=DIGEST&from=../..',
        'mount=DIGEST&from=',
        'mount=DIGEST',
        'mount=sha256:short&from=team/from',
        'mount=&from=team/from',
        `mount=${NOTHING}&from=team/from`,
      ].entries()) {
        const blob = blobOf(`missing ${n}`, 1000);
        const path = `/v2/team/to/blobs/uploads/?${query.replace('DIGEST', blob.digest)}`;
        const mount = await registry.send('POST', path, { body: '' });
        assert.equal(mount.status, 202, query);
        const put = await registry.send('PUT', `${mount.headers.location}?digest=${blob.digest}`, {
          body: blob.bytes,
        });
        await assertBlobCreated(registry, put, blob);
      }
    });
  });
}

for (const backend of DELETING) {
  suite(`Blobs mounted in a ${backend} store`, () => {
    test('are there as often as they were mounted', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('shared', 1000);
      await pushBlob(registry, 'team/from', blob);
      await registry.send('POST', `/v2/team/to/blobs/uploads/?mount=${blob.digest}&from=team/from`, {
        body: '',
      });
      const head = async (name: string) =>
        (await registry.send('HEAD', `/v2/${name}/blobs/${blob.digest}`)).status;
      await registry.send('DELETE', `/v2/team/from/blobs/${blob.digest}`);
      assert.deepEqual([await head('team/from'), await head('team/to')], [404, 200]);
      await registry.send('DELETE', `/v2/team/to/blobs/${blob.digest}`);
      assert.deepEqual([await head('team/from'), await head('team/to')], [404, 404]);
      const anonymous = await registry.send('POST', `/v2/team/new/blobs/uploads/?mount=${blob.digest}`, {
        body: '',
      });
      assert.equal(anonymous.status, 202);
    });
  });
}
