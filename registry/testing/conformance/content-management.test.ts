import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { blobOf, indexOf, pushBlob, pushImage, putManifest } from '../content.ts';
import { BACKENDS, DELETING, startRegistry, type TestRegistry } from '../registry.ts';
import { assertRefused, jsonOf, NOTHING } from './requests.ts';

// distribution-spec, "Content Management".
for (const backend of DELETING) {
  suite(`Deleting from a ${backend} store`, () => {
    test('a deleted tag MUST be 202 and is 404 at once, its manifest and other tags stay', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', '1.0', {});
      await putManifest(registry, 'team/app', '2.0', manifest);
      const deleted = await registry.send('DELETE', '/v2/team/app/manifests/1.0');
      assert.equal(deleted.status, 202);
      assert.deepEqual(await statuses(registry, 'manifests', '1.0', '2.0', manifest.digest), [404, 200, 200]);
      const tags = await registry.send('GET', '/v2/team/app/tags/list');
      assert.deepEqual(jsonOf(tags), { name: 'team/app', tags: ['2.0'] });
      const again = await registry.send('DELETE', '/v2/team/app/manifests/1.0');
      assertRefused(again, 404, 'MANIFEST_UNKNOWN');
    });

    test('a deleted manifest MUST be 202 and is 404 at once, and so is every tag on it', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const { bytes, mediaType } = await pushImage(registry, 'team/app', undefined, {});
        const digest = digestOf(bytes, algorithm);
        await putManifest(registry, 'team/app', `${digest}?tag=one&tag=two`, { bytes, mediaType });
        await pushImage(registry, 'team/app', 'kept', { annotations: { is: 'kept' } });
        const deleted = await registry.send('DELETE', `/v2/team/app/manifests/${digest}`);
        assert.equal(deleted.status, 202);
        assert.deepEqual(await statuses(registry, 'manifests', digest, 'one', 'two'), [404, 404, 404]);
        assert.deepEqual(await statuses(registry, 'manifests', 'kept'), [200]);
        const again = await registry.send('DELETE', `/v2/team/app/manifests/${digest}`);
        assertRefused(again, 404, 'MANIFEST_UNKNOWN');
      }
    });

    test('an index and what it names are deleted in any order', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const order of [
        [0, 1],
        [1, 0],
      ]) {
        const image = await pushImage(registry, 'team/app', undefined, {});
        const index = indexOf([image]);
        await putManifest(registry, 'team/app', 'index', index);
        const digests = [image.digest, index.digest];
        for (const at of order)
          assert.equal((await registry.send('DELETE', `/v2/team/app/manifests/${digests[at]}`)).status, 202);
        assert.deepEqual(await statuses(registry, 'manifests', ...digests, 'index'), [404, 404, 404]);
      }
    });

    test('a deleted blob MUST be 202 and is 404 at once, in its repository alone', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('blob', 1000), blobOf('blob', 1000, 'sha512'), blobOf('empty', 0)]) {
        await pushBlob(registry, 'team/app', blob);
        await pushBlob(registry, 'team/other', blob);
        const path = `/v2/team/app/blobs/${blob.digest}`;
        assert.equal((await registry.send('DELETE', path)).status, 202);
        assert.deepEqual(await statuses(registry, 'blobs', blob.digest), [404]);
        assertRefused(await registry.send('GET', path), 404, 'BLOB_UNKNOWN');
        assertRefused(await registry.send('DELETE', path), 404, 'BLOB_UNKNOWN');
        assert.equal((await registry.send('HEAD', `/v2/team/other/blobs/${blob.digest}`)).status, 200);
      }
    });

    test('what was deleted can be pushed again', async (t) => {
      const registry = await startRegistry(t, { backend });
      const layer = blobOf('again', 1000);
      for (let round = 0; round < 2; round++) {
        const image = await pushImage(registry, 'team/app', '1.0', { layers: [layer] });
        const got = await registry.send('GET', '/v2/team/app/manifests/1.0');
        assert.ok(got.body.equals(image.bytes));
        await registry.send('DELETE', `/v2/team/app/manifests/${image.digest}`);
        await registry.send('DELETE', `/v2/team/app/blobs/${layer.digest}`);
        assert.deepEqual(await statuses(registry, 'blobs', layer.digest), [404]);
      }
    });

    test('what is not there MUST be 404', async (t) => {
      const registry = await startRegistry(t, { backend });
      await pushImage(registry, 'team/app', '1.0', {});
      for (const name of ['team/app', 'team/none']) {
        for (const reference of [NOTHING, 'none', '.bad']) {
          const answer = await registry.send('DELETE', `/v2/${name}/manifests/${reference}`);
          assertRefused(answer, 404, 'MANIFEST_UNKNOWN');
        }
        assertRefused(await registry.send('DELETE', `/v2/${name}/blobs/${NOTHING}`), 404, 'BLOB_UNKNOWN');
      }
    });
  });
}

for (const backend of BACKENDS.filter((each) => !DELETING.includes(each))) {
  test(`deleting from a ${backend} store MUST be 400 or 405, and changes nothing`, async (t) => {
    const registry = await startRegistry(t, { backend });
    const { digest } = await pushImage(registry, 'team/app', '1.0', {});
    for (const path of ['manifests/1.0', `manifests/${digest}`, `blobs/${digestOf('{}')}`]) {
      assertRefused(await registry.send('DELETE', `/v2/team/app/${path}`), 405, 'UNSUPPORTED');
      assert.equal((await registry.send('HEAD', `/v2/team/app/${path}`)).status, 200);
    }
  });
}

async function statuses(
  registry: TestRegistry,
  kind: 'manifests' | 'blobs',
  ...references: string[]
): Promise<number[]> {
  const answers = references.map((each) => registry.send('HEAD', `/v2/team/app/${kind}/${each}`));
  return (await Promise.all(answers)).map(({ status }) => status);
}
