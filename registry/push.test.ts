import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { type Digest, digestOf } from '../content/digest.ts';
import { descriptorOf, manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { blobOf, imageOf, indexOf, openUpload, pushBlob, pushImage, putManifest } from './test-content.ts';
import { type Answer, type Backend, startRegistry, type TestRegistry } from './test-registry.ts';

// distribution-spec, "Push", section by section, on both kinds of store.
for (const backend of ['layout', 'scoped'] satisfies Backend[]) {
  suite(`pushing blobs to a ${backend} store`, () => {
    test('POST then PUT', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('one', 200_000), blobOf('two', 10_000, 'sha512'), blobOf('three', 0)]) {
        const location = await openUpload(registry, 'team/app');
        const put = await registry.send('PUT', `${location}?digest=${blob.digest}`, { body: blob.bytes });
        await assertCreated(registry, put, 'team/app', blob);
      }
    });

    test('a single POST', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('one', 200_000), blobOf('two', 10_000, 'sha512')]) {
        const path = `/v2/team/app/blobs/uploads/?digest=${blob.digest}`;
        await assertCreated(
          registry,
          await registry.send('POST', path, { body: blob.bytes }),
          'team/app',
          blob,
        );
      }
    });

    test('a single POST that leaves the body out opens an upload', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('late', 100);
      const post = await registry.send('POST', `/v2/team/app/blobs/uploads/?digest=${blob.digest}`, {
        body: '',
      });
      assert.equal(post.status, 202);
      const path = `${post.headers.location}?digest=${blob.digest}`;
      await assertCreated(registry, await registry.send('PUT', path, { body: blob.bytes }), 'team/app', blob);
    });

    test('in chunks, closed with or without a last one', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const last of [0, 1000]) {
        for (const algorithm of ['sha256', 'sha512'] as const) {
          const blob = blobOf(`chunks ${last}`, 10_000 + last, algorithm);
          let location = await openUpload(registry, 'team/app');
          for (let start = 0; start < 10_000; start += 2500) {
            const patch = await sendChunk(registry, 'PATCH', location, blob.bytes, start, start + 2500);
            assert.equal(patch.status, 202);
            assert.equal(patch.headers.range, `0-${start + 2499}`);
            location = patch.headers.location ?? '';
          }
          const path = `${location}?digest=${blob.digest}`;
          const put =
            last === 0
              ? await registry.send('PUT', path, { body: '' })
              : await sendChunk(registry, 'PUT', path, blob.bytes, 10_000, 11_000);
          await assertCreated(registry, put, 'team/app', blob);
        }
      }
    });

    test('as a stream of unknown length', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('stream', 3_500_000);
      const location = await openUpload(registry, 'team/app');
      const pieces = [
        blob.bytes.subarray(0, 7),
        blob.bytes.subarray(7, 2_000_000),
        blob.bytes.subarray(2_000_000),
      ];
      const patch = await registry.send('PATCH', location, { body: pieces });
      assert.equal(patch.status, 202);
      assert.equal(patch.headers.range, '0-3499999');
      const put = await registry.send('PUT', `${patch.headers.location}?digest=${blob.digest}`, { body: '' });
      await assertCreated(registry, put, 'team/app', blob);
    });

    test('with the algorithm announced when the upload begins', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('announced', 5000, 'sha512');
      const post = await registry.send('POST', '/v2/team/app/blobs/uploads/?digest-algorithm=sha512', {
        body: '',
      });
      assert.equal(post.status, 202);
      await registry.send('PATCH', post.headers.location ?? '', { body: blob.bytes });
      const put = await registry.send('PUT', `${post.headers.location}?digest=${blob.digest}`, { body: '' });
      await assertCreated(registry, put, 'team/app', blob);
      const bad = await registry.send('POST', '/v2/team/app/blobs/uploads/?digest-algorithm=md5', {
        body: '',
      });
      assert.equal(bad.status, 400);
    });

    test('a chunk out of order is 416, and the upload goes on', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('disorder', 3000);
      const location = await openUpload(registry, 'team/app');
      for (const [start, end] of [
        [0, 1000],
        [1000, 2000],
      ] as const) {
        for (const [badStart, badEnd] of [
          [2500, 3000],
          [start + 1, end + 1],
        ] as const) {
          for (const method of ['PATCH', 'PUT'] as const) {
            const path = method === 'PUT' ? `${location}?digest=${blob.digest}` : location;
            const bad = await sendChunk(registry, method, path, blob.bytes, badStart, badEnd);
            assert.equal(bad.status, 416);
            assert.equal(bad.headers.range, `0-${Math.max(0, start - 1)}`);
            assert.equal(bad.headers.location, location);
          }
        }
        assert.equal((await sendChunk(registry, 'PATCH', location, blob.bytes, start, end)).status, 202);
        const status = await registry.send('GET', location);
        assert.equal(status.status, 204);
        assert.equal(status.headers.range, `0-${end - 1}`);
      }
      const put = await sendChunk(
        registry,
        'PUT',
        `${location}?digest=${blob.digest}`,
        blob.bytes,
        2000,
        3000,
      );
      await assertCreated(registry, put, 'team/app', blob);
    });

    test('a Content-Range that cannot be read is 416, one that is not the length is 400', async (t) => {
      const registry = await startRegistry(t, { backend });
      const location = await openUpload(registry, 'team/app');
      for (const range of ['x', '5-1', '-', '0-', '0-1-2']) {
        const answer = await registry.send('PATCH', location, {
          body: 'abc',
          headers: { 'content-range': range },
        });
        assert.equal(answer.status, 416, range);
      }
      const long = await registry.send('PATCH', location, {
        body: 'abc',
        headers: { 'content-range': '0-5' },
      });
      assert.equal(long.status, 400);
      assert.deepEqual(long.codes, ['SIZE_INVALID']);
      const pieces = { body: [Buffer.from('abc')], headers: { 'content-range': '0-5' } };
      assert.equal((await registry.send('PATCH', location, pieces)).status, 400);
      assert.equal((await registry.send('GET', location)).headers.range, '0-0');
      const docker = { body: 'abc', headers: { 'content-range': 'bytes 0-2/10' } };
      assert.equal((await registry.send('PATCH', location, docker)).status, 202);
    });

    test('bytes that are not those of the digest are refused, however they come', async (t) => {
      const registry = await startRegistry(t, { backend });
      const digest = digestOf('right');
      const post = await registry.send('POST', `/v2/team/app/blobs/uploads/?digest=${digest}`, {
        body: 'wrong',
      });
      const first = await openUpload(registry, 'team/app');
      const put = await registry.send('PUT', `${first}?digest=${digest}`, { body: 'wrong' });
      const second = await openUpload(registry, 'team/app');
      await registry.send('PATCH', second, { body: 'wrong' });
      const close = await registry.send('PUT', `${second}?digest=${digest}`, { body: '' });
      for (const answer of [post, put, close]) {
        assert.equal(answer.status, 400);
        assert.deepEqual(answer.codes, ['DIGEST_INVALID']);
      }
      assert.equal((await registry.send('HEAD', `/v2/team/app/blobs/${digest}`)).status, 404);
      assert.deepEqual(await readdir(registry.uploads), []);
    });

    test('closing needs a digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      const location = await openUpload(registry, 'team/app');
      for (const path of [location, `${location}?digest=`, `${location}?digest=sha256:short`]) {
        const answer = await registry.send('PUT', path, { body: 'abc' });
        assert.equal(answer.status, 400);
        assert.deepEqual(answer.codes, ['DIGEST_INVALID']);
      }
    });

    test('an upload can be cancelled, and is unknown then', async (t) => {
      const registry = await startRegistry(t, { backend });
      const location = await openUpload(registry, 'team/app');
      await registry.send('PATCH', location, { body: 'abc' });
      assert.equal((await registry.send('DELETE', location)).status, 204);
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const answer = await registry.send(method, location, { body: '' });
        assert.equal(answer.status, 404, method);
        assert.deepEqual(answer.codes, ['BLOB_UPLOAD_UNKNOWN']);
      }
      assert.deepEqual(await readdir(registry.uploads), []);
    });

    test('an upload is not found from another repository, nor under an id that is none', async (t) => {
      const registry = await startRegistry(t, { backend });
      const location = await openUpload(registry, 'team/app');
      const id = location.split('/').at(-1);
      for (const path of [
        `/v2/team/other/blobs/uploads/${id}`,
        '/v2/team/app/blobs/uploads/..%2f..',
        '/v2/team/app/blobs/uploads/1',
      ]) {
        const answer = await registry.send('PATCH', path, { body: 'abc' });
        assert.equal(answer.status, 404);
        assert.deepEqual(answer.codes, ['BLOB_UPLOAD_UNKNOWN']);
      }
    });

    test('an upload goes on after the connection broke, and after a restart', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('broken', 4_000_000);
      const location = await openUpload(registry, 'team/app');
      const socket = connect(registry.port, '127.0.0.1');
      t.after(() => socket.destroy());
      socket.write(`PATCH ${location} HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n\r\n`);
      socket.write(blob.bytes.subarray(0, 3_000_000));
      await heldBytes(registry, location, (held) => held > 1_000_000);
      socket.destroy();
      const resumed = await resume(registry, location, blob.bytes.subarray(0, 3_500_000));
      assert.equal(resumed.headers.range, '0-3499999');
      await registry.restart();
      assert.equal((await registry.send('GET', location)).headers.range, '0-3499999');
      const path = `${location}?digest=${blob.digest}`;
      const put = await sendChunk(registry, 'PUT', path, blob.bytes, 3_500_000, 4_000_000);
      await assertCreated(registry, put, 'team/app', blob);
    });

    test('a client that comes back does not wait for its own ghost', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('ghost', 200_000);
      const location = await openUpload(registry, 'team/app');
      const ghost = connect(registry.port, '127.0.0.1');
      ghost.write(`PATCH ${location} HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n`);
      ghost.write(blob.bytes.subarray(0, 50_000));
      t.after(() => ghost.destroy());
      // The range stays behind while bytes wait to be written, so the ghost has to be asked to let go first.
      const lost = await sendChunk(registry, 'PATCH', location, blob.bytes, 150_000, 160_000);
      assert.equal(lost.status, 416);
      const held = Number(lost.headers.range?.slice(2)) + 1;
      const start = held === 1 ? 0 : held;
      const path = `${location}?digest=${blob.digest}`;
      await assertCreated(
        registry,
        await sendChunk(registry, 'PUT', path, blob.bytes, start, 200_000),
        'team/app',
        blob,
      );
    });

    test('a blob is mounted from another repository', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('mounted', 1000);
      await pushBlob(registry, 'team/from', blob);
      for (const [to, source] of [
        ['team/to', '&from=team/from'],
        ['team/anonymous', ''],
      ] as const) {
        const mount = await registry.send('POST', `/v2/${to}/blobs/uploads/?mount=${blob.digest}${source}`, {
          body: '',
        });
        await assertCreated(registry, mount, to, blob);
      }
    });

    test('a mount that cannot be opens an upload', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('missing', 1000);
      const digests: string[] = [blob.digest, 'sha256:short'];
      for (const digest of digests) {
        for (const from of ['&from=team/from', '&from=../..', '']) {
          const mount = await registry.send('POST', `/v2/team/to/blobs/uploads/?mount=${digest}${from}`, {
            body: '',
          });
          assert.equal(mount.status, 202);
          const path = `${mount.headers.location}?digest=${blob.digest}`;
          const put = await registry.send('PUT', path, { body: blob.bytes });
          assert.equal(put.status, 201);
          if (backend === 'scoped') await registry.send('DELETE', `/v2/team/to/blobs/${blob.digest}`);
          else return;
        }
      }
    });

    test('a blob that is larger than allowed is 413', async (t) => {
      const registry = await startRegistry(t, { backend, limits: { blobBytes: 1000 } });
      const location = await openUpload(registry, 'team/app');
      const known = await registry.send('PATCH', location, { body: Buffer.alloc(1001) });
      assert.equal(known.status, 413);
      const unknown = await registry.send('PATCH', location, {
        body: [Buffer.alloc(600), Buffer.alloc(600)],
      });
      assert.equal(unknown.status, 413);
    });
  });

  suite(`pushing manifests to a ${backend} store`, () => {
    test('a manifest is created under a tag and under its digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', undefined, { layers: [blobOf('layer', 10)] });
      for (const reference of ['1.0', manifest.digest]) {
        const put = await putManifest(registry, 'team/app', reference, manifest);
        assert.equal(put.status, 201);
        assert.equal(put.headers.location, `/v2/team/app/manifests/${reference}`);
        assert.equal(put.headers['docker-content-digest'], manifest.digest);
        const got = await registry.send('GET', put.headers.location ?? '');
        assert.ok(got.body.equals(manifest.bytes));
      }
    });

    test('under a sha512 digest, with tags as parameters', async (t) => {
      const registry = await startRegistry(t, { backend });
      const { bytes, mediaType } = await pushImage(registry, 'team/app', undefined, {});
      const digest = digestOf(bytes, 'sha512');
      const put = await putManifest(registry, 'team/app', `${digest}?tag=one&tag=two`, { bytes, mediaType });
      assert.equal(put.status, 201);
      assert.equal(put.headers['docker-content-digest'], digest);
      assert.equal(put.headers['oci-tag'], 'one, two');
      for (const tag of ['one', 'two']) {
        const got = await registry.send('GET', `/v2/team/app/manifests/${tag}`);
        assert.equal(got.status, 200);
        assert.equal(got.headers['docker-content-digest'], digest);
      }
      const bad = await putManifest(registry, 'team/app', `${digest}?tag=../x`, { bytes, mediaType });
      assert.equal(bad.status, 400);
    });

    test('bytes that are not those of the digest are refused', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', undefined, {});
      const other = { ...manifest, bytes: Buffer.concat([manifest.bytes, Buffer.from('  ')]) };
      for (const reference of [manifest.digest, 'sha256:baddigeststring']) {
        const put = await putManifest(registry, 'team/app', reference, other);
        assert.equal(put.status, 400);
        assert.deepEqual(put.codes, ['DIGEST_INVALID']);
      }
    });

    test('a subject is acknowledged, whether it exists or not', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = imageOf({ annotations: { is: 'missing' } });
      await pushImage(registry, 'team/app', undefined, {});
      for (const manifest of [
        imageOf({ subject, artifactType: 'a/b' }),
        indexOf([], { subject: descriptorOf(subject) }),
      ]) {
        const put = await putManifest(registry, 'team/app', manifest.digest, manifest);
        assert.equal(put.status, 201);
        assert.equal(put.headers['oci-subject'], subject.digest);
      }
    });

    test('an image whose blobs are missing is refused, and each of them named', async (t) => {
      const registry = await startRegistry(t, { backend });
      const layers = [blobOf('one', 10), blobOf('two', 10)];
      const put = await putManifest(registry, 'team/app', '1.0', imageOf({ layers }));
      assert.equal(put.status, 400);
      assert.deepEqual(put.codes, [
        'MANIFEST_BLOB_UNKNOWN',
        'MANIFEST_BLOB_UNKNOWN',
        'MANIFEST_BLOB_UNKNOWN',
      ]);
      for (const { digest } of layers) assert.ok(put.body.includes(digest));
      assert.equal((await registry.send('GET', '/v2/team/app/manifests/1.0')).status, 404);
    });

    test('an image whose blobs are missing is taken where that is allowed', async (t) => {
      const registry = await startRegistry(t, { backend, requireBlobs: false });
      const manifest = imageOf({ layers: [blobOf('one', 10)] });
      assert.equal((await putManifest(registry, 'team/app', '1.0', manifest)).status, 201);
    });

    test('a blob of another size than the manifest says is refused', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('size', 10);
      await pushImage(registry, 'team/app', undefined, { layers: [blob] });
      const lying = imageOf({ layers: [{ ...blob, bytes: Buffer.alloc(11) }] });
      const put = await putManifest(registry, 'team/app', '1.0', lying);
      assert.equal(put.status, 400);
      assert.deepEqual(put.codes, ['MANIFEST_INVALID']);
    });

    test('sparse and empty indexes, and images without layers, are taken', async (t) => {
      const registry = await startRegistry(t, { backend });
      await pushImage(registry, 'team/app', 'no-layers', {});
      for (const manifest of [indexOf([imageOf({})]), indexOf([])]) {
        assert.equal((await putManifest(registry, 'team/app', 'index', manifest)).status, 201);
      }
    });

    test('non-distributable layers need not be there', async (t) => {
      const registry = await startRegistry(t, { backend });
      const { bytes } = await pushImage(registry, 'team/app', undefined, {});
      const layer = {
        mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
        digest: digestOf('elsewhere'),
        size: 1234,
        urls: ['https://store.example/layer'],
      };
      const image = { ...JSON.parse(Buffer.from(bytes).toString()), layers: [layer] };
      const put = await putManifest(registry, 'team/app', '1.0', manifestOf(MediaType.manifest, image));
      assert.equal(put.status, 201);
    });

    test("Docker's schema 2 types and unknown fields are kept byte for byte", async (t) => {
      const registry = await startRegistry(t, { backend });
      const { bytes } = await pushImage(registry, 'team/app', undefined, {});
      const image = JSON.parse(Buffer.from(bytes).toString());
      const odd = Buffer.from(
        `{ "extra": [1,2 ,3], ${JSON.stringify({ ...image, mediaType: MediaType.dockerManifest }).slice(1)}\n\n`,
      );
      const docker = { bytes: odd, mediaType: MediaType.dockerManifest };
      assert.equal((await putManifest(registry, 'team/app', 'docker', docker)).status, 201);
      const got = await registry.send('GET', '/v2/team/app/manifests/docker');
      assert.ok(got.body.equals(odd));
      assert.equal(got.headers['content-type'], MediaType.dockerManifest);
    });

    test('parameters of Content-Type are ignored, and the type may be left out', async (t) => {
      const registry = await startRegistry(t, { backend });
      const manifest = await pushImage(registry, 'team/app', undefined, {});
      const type = `${manifest.mediaType}; charset=utf-8`;
      assert.equal(
        (await putManifest(registry, 'team/app', 'a', manifest, { 'content-type': type })).status,
        201,
      );
      assert.equal(
        (await registry.send('PUT', '/v2/team/app/manifests/b', { body: manifest.bytes })).status,
        201,
      );
      for (const tag of ['a', 'b']) {
        const got = await registry.send('GET', `/v2/team/app/manifests/${tag}`);
        assert.equal(got.headers['content-type'], manifest.mediaType);
      }
    });

    test('what is no manifest is refused', async (t) => {
      const registry = await startRegistry(t, { backend });
      const { bytes } = await pushImage(registry, 'team/app', undefined, {});
      const image = JSON.parse(Buffer.from(bytes).toString());
      const both = { ...image, manifests: [] as object[] };
      both.manifests.push({ mediaType: MediaType.manifest, digest: digestOf('x'), size: 1 });
      const cases: [string, string | Uint8Array][] = [
        [MediaType.manifest, 'not json'],
        [MediaType.manifest, ''],
        [MediaType.manifest, Buffer.from([0xff, 0xfe, 0x7b])],
        [MediaType.manifest, '[]'],
        [MediaType.manifest, '{"schemaVersion":1}'],
        [MediaType.manifest, JSON.stringify(both)],
        [MediaType.index, bytes],
        [MediaType.dockerManifest, bytes],
        ['application/vnd.docker.distribution.manifest.v1+prettyjws', '{"schemaVersion":1}'],
        ['text/plain', bytes],
      ];
      for (const [mediaType, body] of cases) {
        const put = await putManifest(registry, 'team/app', 'bad', { mediaType, bytes: Buffer.from(body) });
        assert.equal(put.status, 400, `${mediaType} ${body}`);
        assert.deepEqual(put.codes, ['MANIFEST_INVALID']);
      }
      assert.equal((await registry.send('GET', '/v2/team/app/manifests/bad')).status, 404);
    });

    test('four MiB are taken, more is 413', async (t) => {
      const registry = await startRegistry(t, { backend });
      await pushImage(registry, 'team/app', undefined, {});
      const annotations = Object.fromEntries(
        Array.from({ length: 390 }, (_, i) => [`a${i}`, 'A'.repeat(10_000)]),
      );
      assert.equal((await putManifest(registry, 'team/app', 'large', imageOf({ annotations }))).status, 201);
      const larger = { mediaType: MediaType.manifest, bytes: Buffer.alloc(4 * 1024 * 1024 + 1, ' ') };
      assert.equal((await putManifest(registry, 'team/app', 'larger', larger)).status, 413);
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
      const race = [put(two, { 'if-match': `"${one.digest}"` }), put(two, { 'if-match': `"${one.digest}"` })];
      assert.deepEqual((await Promise.all(race)).sort(), [201, 412]);
    });
  });
}

async function assertCreated(
  registry: TestRegistry,
  answer: Answer,
  repository: string,
  blob: { bytes: Buffer; digest: Digest },
): Promise<void> {
  assert.equal(answer.status, 201, answer.body.toString());
  assert.equal(answer.headers.location, `/v2/${repository}/blobs/${blob.digest}`);
  assert.equal(answer.headers['docker-content-digest'], blob.digest);
  const got = await registry.send('GET', `/v2/${repository}/blobs/${blob.digest}`);
  assert.equal(got.status, 200);
  assert.ok(got.body.equals(blob.bytes));
  assert.deepEqual(await readdir(registry.uploads), []);
}

async function sendChunk(
  registry: TestRegistry,
  method: string,
  path: string,
  bytes: Buffer,
  start: number,
  end: number,
) {
  return await registry.send(method, path, {
    body: bytes.subarray(start, end),
    headers: { 'content-range': `${start}-${end - 1}`, 'content-type': 'application/octet-stream' },
  });
}

// As a client does it: asks what is there, sends the rest, and asks again when the registry had got further meanwhile.
async function resume(registry: TestRegistry, location: string, bytes: Buffer): Promise<Answer> {
  for (;;) {
    const held = await heldBytes(registry, location, () => true);
    const answer = await sendChunk(registry, 'PATCH', location, bytes, held, bytes.byteLength);
    if (answer.status !== 416) return answer;
  }
}

async function heldBytes(
  registry: TestRegistry,
  location: string,
  enough: (held: number) => boolean,
): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const last = Number((await registry.send('GET', location)).headers.range?.slice(2));
    if (enough(last + 1)) return last + 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new assert.AssertionError({ message: 'the upload never got so far' });
}
