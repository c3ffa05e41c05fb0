import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { blobOf, pushBlob } from '../content.ts';
import { BACKENDS, startRegistry } from '../registry.ts';
import { assertRefused, NOTHING } from './requests.ts';

// distribution-spec, "Pulling blobs"; ranges as in RFC 9110, section 14.
for (const backend of BACKENDS) {
  suite(`Pulling blobs from a ${backend} store`, () => {
    test('a GET of an existing blob MUST provide it with 200, and its digest in Docker-Content-Digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [
        blobOf('large', 3_000_000),
        blobOf('sha512', 70_000, 'sha512'),
        { bytes: Buffer.from('{}'), digest: digestOf('{}') },
      ]) {
        await pushBlob(registry, 'team/app', blob);
        const answer = await registry.send('GET', `/v2/team/app/blobs/${blob.digest}`);
        assert.equal(answer.status, 200);
        assert.ok(answer.body.equals(blob.bytes));
        assert.equal(answer.headers['docker-content-digest'], blob.digest);
        assert.equal(answer.headers['content-length'], String(blob.bytes.byteLength));
      }
    });

    test('an empty blob is a blob like any other', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('empty', 0), blobOf('empty', 0, 'sha512')]) {
        await pushBlob(registry, 'team/app', blob);
        const answer = await registry.send('GET', `/v2/team/app/blobs/${blob.digest}`);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-length'], '0');
        assert.equal(answer.headers['docker-content-digest'], blob.digest);
        const ranged = await registry.send('GET', `/v2/team/app/blobs/${blob.digest}`, {
          headers: { range: 'bytes=0-' },
        });
        assert.equal(ranged.status, 416);
      }
    });

    test('a blob that is not in the repository MUST be 404', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('elsewhere', 10);
      await pushBlob(registry, 'team/other', blob);
      const paths = [`team/app/blobs/${NOTHING}`, `none/blobs/${NOTHING}`];
      if (backend !== 'layout') paths.push(`team/app/blobs/${blob.digest}`);
      for (const path of paths) {
        assertRefused(await registry.send('GET', `/v2/${path}`), 404, 'BLOB_UNKNOWN');
        assert.equal((await registry.send('HEAD', `/v2/${path}`)).status, 404);
      }
    });

    test('a digest that is none is 400', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const digest of ['sha256:short', 'md5:00', '..%2f..%2fetc', 'latest'])
        assertRefused(await registry.send('GET', `/v2/team/app/blobs/${digest}`), 400, 'DIGEST_INVALID');
    });

    test('Range SHOULD be supported: 206 with the part, and 416 where there is none', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const blob of [blobOf('range', 2048), blobOf('range', 2048, 'sha512')]) {
        await pushBlob(registry, 'team/app', blob);
        const path = `/v2/team/app/blobs/${blob.digest}`;
        const cases: [string, number, number][] = [
          ['bytes=500-1499', 500, 1499],
          ['bytes=500-', 500, 2047],
          ['bytes=-500', 1548, 2047],
          ['bytes=-5000', 0, 2047],
          ['bytes=2000-5000', 2000, 2047],
          ['bytes=0-0', 0, 0],
        ];
        for (const [range, first, last] of cases) {
          const answer = await registry.send('GET', path, { headers: { range } });
          assert.equal(answer.status, 206, range);
          assert.ok(answer.body.equals(blob.bytes.subarray(first, last + 1)), range);
          assert.equal(answer.headers['content-range'], `bytes ${first}-${last}/2048`);
          assert.equal(answer.headers['content-length'], String(last - first + 1));
          assert.equal(answer.headers['docker-content-digest'], blob.digest);
        }
        for (const range of ['bytes=500-0', 'bytes=5000-10000', 'bytes=-0', 'bytes=2048-']) {
          const answer = await registry.send('GET', path, { headers: { range } });
          assert.equal(answer.status, 416, range);
          assert.equal(answer.headers['content-range'], 'bytes */2048');
        }
      }
    });

    test('a Range that cannot be read, of several parts, or for other content is ignored', async (t) => {
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

    test('an interrupted pull goes on where it stopped', async (t) => {
      const registry = await startRegistry(t, { backend });
      const blob = blobOf('resumed', 5_000_000);
      await pushBlob(registry, 'team/app', blob);
      const path = `/v2/team/app/blobs/${blob.digest}`;
      const parts: Buffer[] = [];
      for (let start = 0; start < blob.bytes.byteLength; start += 1_234_567) {
        const range = `bytes=${start}-${start + 1_234_566}`;
        parts.push((await registry.send('GET', path, { headers: { range } })).body);
      }
      assert.ok(Buffer.concat(parts).equals(blob.bytes));
    });
  });
}
