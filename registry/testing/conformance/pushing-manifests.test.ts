import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { manifestOf } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import type { Manifest } from '../../../content/store.ts';
import { blobOf, imageOf, indexOf, pushBlob, pushImage, putManifest } from '../content.ts';
import { BACKENDS, startRegistry } from '../registry.ts';
import { assertRefused, NOTHING } from './requests.ts';

const CONFIG = { mediaType: MediaType.empty, digest: digestOf('{}'), size: 2 };

// distribution-spec, "Pushing Manifests".
for (const backend of BACKENDS) {
  suite(`Pushing manifests to a ${backend} store`, () => {
    test('a push MUST be 201 with a pullable Location and the digest, by tag and by digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', undefined, { layers: [blobOf('layer', 10)] });
      for (const reference of ['1.0', manifest.digest]) {
        const put = await putManifest(registry, 'team/app', reference, manifest);
        assert.equal(put.status, 201);
        assert.equal(put.headers['docker-content-digest'], manifest.digest);
        const got = await registry.send('GET', put.headers.location ?? '');
        assert.ok(got.body.equals(manifest.bytes));
      }
    });

    test('a tag is moved by a push, and what it held before stays under its digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      const one = await pushImage(registry, 'team/app', 'tag', { annotations: { n: '1' } });
      const two = await pushImage(registry, 'team/app', 'tag', { annotations: { n: '2' } });
      const digest = async (reference: string) =>
        (await registry.send('HEAD', `/v2/team/app/manifests/${reference}`)).headers['docker-content-digest'];
      assert.equal(await digest('tag'), two.digest);
      assert.equal(await digest(one.digest), one.digest);
    });

    test('the manifest MUST be stored in the exact bytes that came, unknown fields and blanks with them', async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = jsonOf(await pushImage(registry, 'team/app', undefined, {}));
      for (const mediaType of [MediaType.manifest, MediaType.dockerManifest]) {
        const text = JSON.stringify({ ...image, mediaType });
        const bytes = Buffer.from(`{ "extra": [1,2 ,3.0e1], "\\u00fcn": null, ${text.slice(1)}\n\n`);
        assert.equal((await putManifest(registry, 'team/app', 'odd', { bytes, mediaType })).status, 201);
        const got = await registry.send('GET', '/v2/team/app/manifests/odd');
        assert.ok(got.body.equals(bytes));
        assert.equal(got.headers['content-type'], mediaType);
        assert.equal(got.headers['docker-content-digest'], digestOf(bytes));
      }
    });

    test("Docker's manifest lists and foreign layers are taken", async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = jsonOf(await pushImage(registry, 'team/app', undefined, {}));
      const foreign = {
        mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
        digest: digestOf('windows'),
        size: 1234,
        urls: ['https://store.example/layer'],
      };
      const { dockerManifest, dockerList } = MediaType;
      const docker = manifestOf(dockerManifest, { ...image, mediaType: dockerManifest, layers: [foreign] });
      assert.equal((await putManifest(registry, 'team/app', docker.digest, docker)).status, 201);
      const platform = { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.1' };
      const entry = { mediaType: dockerManifest, digest: docker.digest, size: docker.bytes.length, platform };
      const list = manifestOf(dockerList, { schemaVersion: 2, mediaType: dockerList, manifests: [entry] });
      assert.equal((await putManifest(registry, 'team/app', 'list', list)).status, 201);
      const got = await registry.send('GET', '/v2/team/app/manifests/list');
      assert.ok(got.body.equals(list.bytes));
      assert.equal(got.headers['content-type'], dockerList);
    });

    test('parameters of Content-Type SHOULD be ignored, and the type may be left out', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', undefined, {});
      const type = `${manifest.mediaType}; charset=utf-8`;
      const sent = await putManifest(registry, 'team/app', 'a', manifest, { 'content-type': type });
      assert.equal(sent.status, 201);
      const left = await registry.send('PUT', '/v2/team/app/manifests/b', { body: manifest.bytes });
      assert.equal(left.status, 201);
      for (const tag of ['a', 'b']) {
        const got = await registry.send('GET', `/v2/team/app/manifests/${tag}`);
        assert.equal(got.headers['content-type'], manifest.mediaType);
      }
    });

    test('a manifest without a mediaType has that of its Content-Type', async (t) => {
      const registry = await startRegistry(t, { backend });
      const { mediaType: _, ...image } = jsonOf(await pushImage(registry, 'team/app', undefined, {}));
      const manifest = manifestOf(MediaType.manifest, image);
      assert.equal((await putManifest(registry, 'team/app', 'plain', manifest)).status, 201);
      const got = await registry.send('GET', '/v2/team/app/manifests/plain');
      assert.equal(got.headers['content-type'], MediaType.manifest);
    });

    test('bytes that are not those of the digest are 400, and nothing is kept', async (t) => {
      const registry = await startRegistry(t, { backend });
      const { bytes, mediaType } = await pushImage(registry, 'team/app', undefined, {});
      const other = { mediaType, bytes: Buffer.concat([bytes, Buffer.from('  ')]) };
      const wrong = [
        digestOf(bytes),
        digestOf(bytes, 'sha512'),
        'sha256:baddigeststring',
        `md5:${'0'.repeat(32)}`,
      ];
      for (const reference of wrong) {
        const put = await putManifest(registry, 'team/app', `${reference}?tag=bad`, other);
        assertRefused(put, 400, 'DIGEST_INVALID');
      }
      assert.equal((await registry.send('GET', '/v2/team/app/manifests/bad')).status, 404);
      assert.equal(
        (await registry.send('GET', `/v2/team/app/manifests/${digestOf(other.bytes)}`)).status,
        404,
      );
    });

    test('a tag that breaks the grammar is 400', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', undefined, {});
      for (const tag of ['.x', '-x', 'a'.repeat(129), 'a%20b'])
        assertRefused(await putManifest(registry, 'team/app', tag, manifest), 400, 'MANIFEST_INVALID');
      assert.equal((await putManifest(registry, 'team/app', `_${'a'.repeat(127)}`, manifest)).status, 201);
    });

    test('tags MAY be pushed as parameters of a digest, each accepted one MUST be in OCI-Tag', async (t) => {
      const registry = await startRegistry(t, { backend });
      const { bytes, mediaType } = await pushImage(registry, 'team/app', undefined, {});
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const digest = digestOf(bytes, algorithm);
        // "SHOULD support pushing at least 10 tags per request".
        const tags = Array.from({ length: 20 }, (_, n) => `${algorithm}-${n}`);
        const query = [...tags, tags[0]].map((tag) => `tag=${tag}`).join('&');
        const put = await putManifest(registry, 'team/app', `${digest}?${query}`, { bytes, mediaType });
        assert.equal(put.status, 201);
        assert.equal(put.headers['docker-content-digest'], digest);
        assert.deepEqual(String(put.headers['oci-tag']).split(', '), tags);
        for (const tag of tags) {
          const got = await registry.send('GET', `/v2/team/app/manifests/${tag}`);
          assert.equal(got.status, 200);
          assert.equal(got.headers['docker-content-digest'], digest);
        }
      }
    });

    test('a tag parameter that is no tag is 400, too many MAY be 414, and beside a tag they mean nothing', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', undefined, {});
      const bad = await putManifest(registry, 'team/app', `${manifest.digest}?tag=ok&tag=../x`, manifest);
      assertRefused(bad, 400, 'MANIFEST_INVALID');
      const many = Array.from({ length: 65 }, (_, n) => `tag=t${n}`).join('&');
      assert.equal(
        (await putManifest(registry, 'team/app', `${manifest.digest}?${many}`, manifest)).status,
        414,
      );
      const beside = await putManifest(registry, 'team/app', 'one?tag=two', manifest);
      assert.equal(beside.status, 201);
      assert.equal(beside.headers['oci-tag'], undefined);
      for (const tag of ['ok', 't0', 'two'])
        assert.equal((await registry.send('GET', `/v2/team/app/manifests/${tag}`)).status, 404);
    });

    test('indexes may be empty, or name manifests, blobs and unknown things that are not there', async (t) => {
      const registry = await startRegistry(t, { backend });
      const cache = {
        schemaVersion: 2,
        mediaType: MediaType.index,
        manifests: [
          { mediaType: MediaType.layerGzip, digest: digestOf('cached layer'), size: 12 },
          { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: digestOf('cache'), size: 5 },
        ],
      };
      const sparse = indexOf([imageOf({ annotations: { is: 'missing' } })]);
      for (const index of [indexOf([]), sparse, manifestOf(MediaType.index, cache)]) {
        const put = await putManifest(registry, 'team/app', 'index', index);
        assert.equal(put.status, 201);
        assert.equal(put.headers.warning, undefined);
        assert.ok((await registry.send('GET', '/v2/team/app/manifests/index')).body.equals(index.bytes));
      }
    });

    test('what is null counts as left out, as programs in Go write it', async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = jsonOf(await pushImage(registry, 'team/app', undefined, {}));
      const nothing = { subject: null, annotations: null, artifactType: null, manifests: null };
      for (const manifest of [
        manifestOf(MediaType.manifest, { ...image, layers: null, ...nothing }),
        manifestOf(MediaType.manifest, { ...image, config: { ...CONFIG, annotations: null, urls: null } }),
        manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests: null }),
        manifestOf(MediaType.index, {
          schemaVersion: 2,
          mediaType: MediaType.index,
          manifests: [{ mediaType: MediaType.manifest, digest: NOTHING, size: 1, platform: {} }],
        }),
      ]) {
        const put = await putManifest(registry, 'team/app', 'null', manifest);
        assert.equal(put.status, 201, put.body.toString());
        assert.equal(put.headers['oci-subject'], undefined);
        assert.ok((await registry.send('GET', '/v2/team/app/manifests/null')).body.equals(manifest.bytes));
      }
    });

    test('the list of blobs MAY be empty', async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = jsonOf(await pushImage(registry, 'team/app', 'no-layers', {}));
      assert.deepEqual(image.layers, []);
      const { layers: _, ...without } = image;
      const left = manifestOf(MediaType.manifest, without);
      assert.equal((await putManifest(registry, 'team/app', 'left-out', left)).status, 201);
    });

    test('an image whose blobs are missing is taken, with a Warning that names one', async (t) => {
      const registry = await startRegistry(t, { backend });
      const [held, one, two] = [blobOf('held', 10), blobOf('one', 10), blobOf('two', 10)];
      await pushImage(registry, 'team/app', undefined, { layers: [held] });
      const image = imageOf({ layers: [held, one, two] });
      const put = await putManifest(registry, 'team/app', '1.0', image);
      assert.equal(put.status, 201);
      assert.match(put.headers.warning ?? '', new RegExp(`^299 - "[^"]*${one.digest} and 1 more[^"]*"$`));
      assert.ok((await registry.send('GET', '/v2/team/app/manifests/1.0')).body.equals(image.bytes));
      for (const layer of [one, two]) await pushBlob(registry, 'team/app', layer);
      assert.equal((await putManifest(registry, 'team/app', '1.0', image)).headers.warning, undefined);
    });

    test('a registry that rejects it MUST answer MANIFEST_BLOB_UNKNOWN for each missing blob', async (t) => {
      const registry = await startRegistry(t, { backend, requireBlobs: true });
      const layers = [blobOf('one', 10), blobOf('two', 10)];
      const put = await putManifest(registry, 'team/app', '1.0', imageOf({ layers }));
      const codes = Array.from({ length: 3 }, () => 'MANIFEST_BLOB_UNKNOWN');
      assertRefused(put, 400, ...codes);
      for (const { digest } of layers) assert.ok(put.body.includes(digest));
      assert.equal((await registry.send('GET', '/v2/team/app/manifests/1.0')).status, 404);
    });

    test('layers that are not distributable, or have addresses of their own, need never be there', async (t) => {
      const layer = (mediaType: string, urls?: string[]) => ({
        mediaType,
        digest: NOTHING,
        size: 1234,
        urls,
      });
      for (const requireBlobs of [true, false]) {
        const registry = await startRegistry(t, { backend, requireBlobs });
        const image = jsonOf(await pushImage(registry, 'team/app', undefined, {}));
        for (const each of [
          layer('application/vnd.oci.image.layer.nondistributable.v1.tar'),
          layer('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', ['https://a.example/']),
          layer(MediaType.layerGzip, ['https://a.example/']),
        ]) {
          const manifest = manifestOf(MediaType.manifest, { ...image, layers: [each] });
          const put = await putManifest(registry, 'team/app', '1.0', manifest);
          assert.equal(put.status, 201, put.body.toString());
          assert.equal(put.headers.warning, undefined);
        }
      }
    });

    test('a blob of another size than its descriptor says is refused', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('size', 10);
      await pushImage(registry, 'team/app', undefined, { layers: [blob] });
      const lying = imageOf({ layers: [{ ...blob, bytes: Buffer.alloc(11) }] });
      assertRefused(await putManifest(registry, 'team/app', '1.0', lying), 400, 'MANIFEST_INVALID');
    });

    test('what is no manifest is 400', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', undefined, {});
      const image = jsonOf(manifest);
      const entry = { mediaType: MediaType.manifest, digest: NOTHING, size: 1 };
      const cases: [string, string | Uint8Array][] = [
        [MediaType.manifest, 'not json'],
        [MediaType.manifest, ''],
        [MediaType.manifest, Buffer.from([0xff, 0xfe, 0x7b])],
        [MediaType.manifest, '[]'],
        [MediaType.manifest, 'null'],
        [MediaType.manifest, '['.repeat(100_000)],
        [MediaType.manifest, '{"schemaVersion":1}'],
        [MediaType.manifest, '{"schemaVersion":2}'],
        [MediaType.manifest, JSON.stringify({ ...image, manifests: [entry] })],
        [MediaType.manifest, JSON.stringify({ ...image, layers: [{ ...entry, digest: 'sha256:x' }] })],
        [MediaType.manifest, JSON.stringify({ ...image, layers: [{ ...entry, size: -1 }] })],
        [MediaType.manifest, JSON.stringify({ ...image, subject: {} })],
        [MediaType.index, manifest.bytes],
        [MediaType.dockerManifest, manifest.bytes],
        ['application/vnd.docker.distribution.manifest.v1+prettyjws', '{"schemaVersion":1}'],
        ['text/plain', manifest.bytes],
      ];
      for (const [mediaType, body] of cases) {
        const put = await putManifest(registry, 'team/app', 'bad', { mediaType, bytes: Buffer.from(body) });
        assertRefused(put, 400, 'MANIFEST_INVALID');
      }
      assert.equal((await registry.send('GET', '/v2/team/app/manifests/bad')).status, 404);
    });

    test('four MiB SHOULD be taken, more SHOULD be 413', async (t) => {
      const registry = await startRegistry(t, { backend });
      await pushImage(registry, 'team/app', undefined, {});
      const long = Array.from({ length: 390 }, (_, n) => [`large-annotation-${n}`, 'A'.repeat(10_000)]);
      const large = imageOf({ annotations: Object.fromEntries(long) });
      const room = 4 * 1024 * 1024 - large.bytes.byteLength;
      const full = { ...large, bytes: Buffer.concat([large.bytes, Buffer.alloc(room, ' ')]) };
      for (const manifest of [large, full]) {
        assert.equal((await putManifest(registry, 'team/app', 'large', manifest)).status, 201);
        assert.ok((await registry.send('GET', '/v2/team/app/manifests/large')).body.equals(manifest.bytes));
      }
      const larger = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
      for (const body of [larger, [larger.subarray(0, 1000), larger.subarray(1000)]]) {
        const headers = { 'content-type': MediaType.manifest };
        const put = await registry.send('PUT', '/v2/team/app/manifests/larger', { body, headers });
        assertRefused(put, 413, 'SIZE_INVALID');
      }
    });

    test('an attempt to pull from a repository that does not exist MUST be 404', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const path of ['manifests/latest', `manifests/${NOTHING}`, `blobs/${NOTHING}`, 'tags/list'])
        assert.equal((await registry.send('GET', `/v2/no/such/name/${path}`)).status, 404, path);
    });
  });
}

function jsonOf({ bytes }: Manifest): Record<string, unknown> {
  return JSON.parse(Buffer.from(bytes).toString());
}
