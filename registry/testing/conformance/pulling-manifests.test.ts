import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { blobOf, indexOf, pushImage, putManifest } from '../content.ts';
import { BACKENDS, startRegistry } from '../registry.ts';
import { assertRefused, NOTHING } from './requests.ts';

// distribution-spec, "Pulling manifests".
for (const backend of BACKENDS) {
  suite(`Pulling manifests from a ${backend} store`, () => {
    test('a GET of an existing manifest MUST provide it with 200, by tag and by digest, byte for byte', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', '1.0', { layers: [blobOf('layer', 1000)] });
      for (const reference of ['1.0', manifest.digest]) {
        const answer = await registry.send('GET', `/v2/team/app/manifests/${reference}`);
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.body, Buffer.from(manifest.bytes));
      }
    });

    test('a successful answer MUST have the digest in Docker-Content-Digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      const { bytes, mediaType, digest } = await pushImage(registry, 'team/app', '256', {});
      const long = digestOf(bytes, 'sha512');
      await putManifest(registry, 'team/app', `${long}?tag=512`, { bytes, mediaType });
      for (const [reference, expected] of [
        ['256', digest],
        [digest, digest],
        ['512', long],
        [long, long],
      ] as const) {
        const answer = await registry.send('GET', `/v2/team/app/manifests/${reference}`);
        assert.equal(answer.headers['docker-content-digest'], expected);
      }
    });

    test('Content-Type SHOULD be what the manifest was pushed with, and SHOULD NOT have parameters', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', 'image', {});
      const index = indexOf([manifest]);
      await putManifest(registry, 'team/app', 'index', index, {
        'content-type': `${index.mediaType}; charset=utf-8`,
      });
      for (const [tag, type] of [
        ['image', MediaType.manifest],
        ['index', MediaType.index],
      ] as const) {
        const answer = await registry.send('GET', `/v2/team/app/manifests/${tag}`);
        assert.equal(answer.headers['content-type'], type);
      }
    });

    test('a manifest comes as it was pushed, whatever Accept says', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', '1.0', {});
      for (const accept of [
        MediaType.manifest,
        `${MediaType.index}, ${MediaType.manifest}`,
        '*/*',
        'text/x',
      ]) {
        const answer = await registry.send('GET', '/v2/team/app/manifests/1.0', { headers: { accept } });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-type'], manifest.mediaType);
      }
    });

    test('an index and an index of indexes come byte for byte', async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = await pushImage(registry, 'team/app', undefined, {});
      const inner = indexOf([image]);
      const outer = indexOf([inner]);
      for (const index of [inner, outer]) await putManifest(registry, 'team/app', index.digest, index);
      for (const index of [inner, outer]) {
        const answer = await registry.send('GET', `/v2/team/app/manifests/${index.digest}`);
        assert.deepEqual(answer.body, Buffer.from(index.bytes));
      }
    });

    test('a manifest that is not in the repository MUST be 404', async (t) => {
      const registry = await startRegistry(t, { backend });
      const { digest } = await pushImage(registry, 'team/app', '1.0', {});
      for (const path of [
        'team/app/manifests/none',
        `team/app/manifests/${NOTHING}`,
        `team/app/manifests/${NOTHING.replace('sha256', 'sha512')}${'0'.repeat(64)}`,
        'team/none/manifests/1.0',
        ...(backend === 'layout' ? [] : [`team/none/manifests/${digest}`]),
      ]) {
        assertRefused(await registry.send('GET', `/v2/${path}`), 404, 'MANIFEST_UNKNOWN');
        assert.equal((await registry.send('HEAD', `/v2/${path}`)).status, 404);
      }
    });

    test('a reference MUST NOT be anything but a tag or a digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const tag of ['.hidden', '-x', 'a'.repeat(129), 'a+b', 'a%20b'])
        assertRefused(await registry.send('GET', `/v2/team/app/manifests/${tag}`), 404, 'MANIFEST_UNKNOWN');
      for (const digest of ['sha256:baddigeststring', 'md5:00', `sha256:${'A'.repeat(64)}`, ':'])
        assertRefused(await registry.send('GET', `/v2/team/app/manifests/${digest}`), 400, 'DIGEST_INVALID');
    });
  });
}
