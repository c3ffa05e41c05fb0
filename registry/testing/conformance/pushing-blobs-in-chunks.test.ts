import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { blobOf, openUpload } from '../content.ts';
import { type Answer, BACKENDS, startRegistry, type TestRegistry } from '../registry.ts';
import { assertBlobCreated, assertRefused, closeUpload, sendChunk } from './requests.ts';

// distribution-spec, "Pushing a blob in chunks".
for (const backend of BACKENDS) {
  suite(`Pushing a blob in chunks to a ${backend} store`, () => {
    test('each chunk MUST be 202 with a Location and a Range up to its last byte, and the close 201', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const blob = blobOf('chunks', 10_000, algorithm);
        let location = await openUpload(registry, 'team/app');
        for (let start = 0; start < 10_000; start += 2500) {
          const patch = await sendChunk(registry, 'PATCH', location, blob, [start, start + 2500]);
          assert.equal(patch.status, 202);
          assert.equal(patch.headers.range, `0-${start + 2499}`);
          location = patch.headers.location ?? '';
        }
        await assertBlobCreated(registry, await closeUpload(registry, location, blob.digest), blob);
      }
      assert.deepEqual(await readdir(registry.uploads), []);
    });

    test('the last chunk MAY come in the closing PUT, and the only one in a single PATCH', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('last', 3067);
      const location = await openUpload(registry, 'team/app');
      await sendChunk(registry, 'PATCH', location, blob, [0, 2048]);
      const path = `${location}?digest=${blob.digest}`;
      const put = await sendChunk(registry, 'PUT', path, blob, [2048, 3067]);
      await assertBlobCreated(registry, put, blob);
      const other = await openUpload(registry, 'team/other');
      assert.equal((await sendChunk(registry, 'PATCH', other, blob, [0, 3067])).status, 202);
      await assertBlobCreated(registry, await closeUpload(registry, other, blob.digest), blob);
    });

    test('a blob MAY come as a stream without Content-Range, of known length or not', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const blob = blobOf('stream', 3_500_000, algorithm);
        const pieces = [0, 7, 2_000_000].map((start, n, all) => blob.bytes.subarray(start, all[n + 1]));
        for (const body of [pieces, blob.bytes]) {
          const location = await openUpload(registry, 'team/app');
          const patch = await registry.send('PATCH', location, { body });
          assert.equal(patch.status, 202);
          assert.equal(patch.headers.range, '0-3499999');
          const put = await closeUpload(registry, patch.headers.location, blob.digest);
          await assertBlobCreated(registry, put, blob);
        }
      }
    });

    test('an empty blob can be pushed by a PATCH with nothing in it', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const body of ['', [Buffer.alloc(0)]]) {
        const blob = blobOf('empty', 0);
        const location = await openUpload(registry, 'team/app');
        const patch = await registry.send('PATCH', location, { body });
        assert.equal(patch.status, 202);
        await assertBlobCreated(registry, await closeUpload(registry, location, blob.digest), blob);
      }
    });

    test('the POST SHOULD take a digest-algorithm other than sha256', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('announced', 5000, 'sha512');
      const post = await registry.send('POST', '/v2/team/app/blobs/uploads/?digest-algorithm=sha512', {
        body: '',
      });
      assert.equal(post.status, 202);
      const location = post.headers.location ?? '';
      assert.equal((await sendChunk(registry, 'PATCH', location, blob, [0, 3000])).status, 202);
      const put = await sendChunk(registry, 'PUT', `${location}?digest=${blob.digest}`, blob, [3000, 5000]);
      await assertBlobCreated(registry, put, blob);
      const bad = await registry.send('POST', '/v2/team/app/blobs/uploads/?digest-algorithm=md5', {
        body: '',
      });
      assertRefused(bad, 400, 'DIGEST_INVALID');
    });

    test('the algorithm of the closing digest counts, whatever was announced', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const [announced, algorithm] of [
        ['', 'sha512'],
        ['?digest-algorithm=sha512', 'sha256'],
      ] as const) {
        const blob = blobOf('changed', 5000, algorithm);
        const post = await registry.send('POST', `/v2/team/app/blobs/uploads/${announced}`, { body: '' });
        await registry.send('PATCH', post.headers.location ?? '', { body: blob.bytes });
        const put = await closeUpload(registry, post.headers.location, blob.digest);
        await assertBlobCreated(registry, put, blob);
      }
    });

    test('a chunk out of order MUST be 416, by PATCH and by PUT, and the upload goes on', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('disorder', 3000);
      const location = await openUpload(registry, 'team/app');
      for (const start of [0, 1000]) {
        const end = start + 1000;
        const wrong: [number, number][] = [
          [start + 1000, end + 1000],
          [start + 1, end + 1],
          ...(start === 0 ? [] : [[0, 1000] satisfies [number, number]]),
        ];
        for (const range of wrong) {
          for (const method of ['PATCH', 'PUT'] as const) {
            const path = method === 'PUT' ? `${location}?digest=${blob.digest}` : location;
            const bad = await sendChunk(registry, method, path, blob, range);
            assertRefused(bad, 416, 'BLOB_UPLOAD_INVALID');
            assert.equal(bad.headers.range, `0-${Math.max(0, start - 1)}`);
            assert.equal(bad.headers.location, location);
          }
        }
        assert.equal((await sendChunk(registry, 'PATCH', location, blob, [start, end])).status, 202);
      }
      const put = await sendChunk(registry, 'PUT', `${location}?digest=${blob.digest}`, blob, [2000, 3000]);
      await assertBlobCreated(registry, put, blob);
    });

    test('the state of an upload MUST be 204 with its Location and a Range up to its last byte', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('state', 3000);
      const location = await openUpload(registry, 'team/app');
      for (const end of [0, 1, 1000, 3000]) {
        if (end > 0)
          await registry.send('PATCH', location, {
            body: blob.bytes.subarray(end === 1 ? 0 : end === 1000 ? 1 : 1000, end),
          });
        for (const method of ['GET', 'HEAD']) {
          const state = await registry.send(method, location);
          assert.equal(state.status, 204);
          assert.equal(state.headers.location, location);
          assert.equal(state.headers.range, `0-${Math.max(0, end - 1)}`);
        }
      }
    });

    test('a Content-Range that cannot be read is 416, one that is not the length is 400', async (t) => {
      const registry = await startRegistry(t, { backend });
      const location = await openUpload(registry, 'team/app');
      const patch = async (range: string, body: string | Uint8Array[]) =>
        await registry.send('PATCH', location, { body, headers: { 'content-range': range } });
      for (const range of ['x', '5-1', '-', '0-', '0-1-2'])
        assertRefused(await patch(range, 'abc'), 416, 'BLOB_UPLOAD_INVALID');
      assertRefused(await patch('0-5', 'abc'), 400, 'SIZE_INVALID');
      assertRefused(await patch('0-5', [Buffer.from('abc')]), 400, 'SIZE_INVALID');
      assert.equal((await registry.send('GET', location)).headers.range, '0-0');
      const docker = await patch('bytes 0-2/10', 'abc');
      assert.equal(docker.status, 202);
      assert.equal(docker.headers.range, '0-2');
    });

    test('a chunk may have any length: no OCI-Chunk-Min-Length is asked for', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('tiny', 5);
      const post = await registry.send('POST', '/v2/team/app/blobs/uploads/', { body: '' });
      assert.equal(post.headers['oci-chunk-min-length'], undefined);
      const location = post.headers.location ?? '';
      for (let at = 0; at < 5; at++)
        assert.equal((await sendChunk(registry, 'PATCH', location, blob, [at, at + 1])).status, 202);
      await assertBlobCreated(registry, await closeUpload(registry, location, blob.digest), blob);
    });

    test('bytes that are not those of the digest are 400, however they came, and nothing is kept', async (t) => {
      const registry = await startRegistry(t, { backend });
      const wrong = blobOf('wrong', 3072);
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const digest = digestOf('right', algorithm);
        const chunked = await openUpload(registry, 'team/app');
        await sendChunk(registry, 'PATCH', chunked, wrong, [0, 3072]);
        assertRefused(await closeUpload(registry, chunked, digest), 400, 'DIGEST_INVALID');
        const last = await openUpload(registry, 'team/app');
        await sendChunk(registry, 'PATCH', last, wrong, [0, 2048]);
        const put = await sendChunk(registry, 'PUT', `${last}?digest=${digest}`, wrong, [2048, 3072]);
        assertRefused(put, 400, 'DIGEST_INVALID');
        const stream = await openUpload(registry, 'team/app');
        await registry.send('PATCH', stream, { body: [wrong.bytes] });
        assertRefused(await closeUpload(registry, stream, digest), 400, 'DIGEST_INVALID');
        assert.equal((await registry.send('HEAD', `/v2/team/app/blobs/${digest}`)).status, 404);
      }
      assert.deepEqual(await readdir(registry.uploads), []);
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
      const put = await sendChunk(registry, 'PUT', path, blob, [3_500_000, 4_000_000]);
      await assertBlobCreated(registry, put, blob);
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
      const lost = await sendChunk(registry, 'PATCH', location, blob, [150_000, 160_000]);
      assert.equal(lost.status, 416);
      const held = Number(lost.headers.range?.slice(2)) + 1;
      const start = held === 1 ? 0 : held;
      const path = `${location}?digest=${blob.digest}`;
      const put = await sendChunk(registry, 'PUT', path, blob, [start, 200_000]);
      await assertBlobCreated(registry, put, blob);
    });
  });

  // distribution-spec, "Cancel a blob upload".
  suite(`Cancelling an upload to a ${backend} store`, () => {
    test('a DELETE SHOULD be 204, and the upload is unknown then', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const body of ['', 'abc']) {
        const location = await openUpload(registry, 'team/app');
        await registry.send('PATCH', location, { body });
        assert.equal((await registry.send('DELETE', location, { body: '' })).status, 204);
        for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
          const answer = await registry.send(method, `${location}?digest=${digestOf('abc')}`, { body: '' });
          assertRefused(answer, 404, 'BLOB_UPLOAD_UNKNOWN');
        }
      }
      assert.deepEqual(await readdir(registry.uploads), []);
    });
  });
}

// As a client does it: asks what is there, sends the rest, and asks again when the registry had got further meanwhile.
async function resume(registry: TestRegistry, location: string, bytes: Buffer): Promise<Answer> {
  for (;;) {
    const held = await heldBytes(registry, location, () => true);
    const answer = await sendChunk(registry, 'PATCH', location, { bytes }, [held, bytes.byteLength]);
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
