import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PROTOCOL_CODES } from '../../protocol/protocol-error.ts';
import { blobOf, openUpload, pushImage, putManifest } from '../content.ts';
import { BACKENDS, startRegistry } from '../registry.ts';
import { assertRefused, jsonOf, NOTHING } from './requests.ts';

// distribution-spec, "API": "Determining Support", "Endpoints", "Error Codes", "Warnings", and "Registry Proxying".
for (const backend of BACKENDS) {
  suite(`The API over a ${backend} store`, () => {
    test('a GET of /v2/ is 200: the registry implements the specification', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const path of ['/v2/', '/v2']) {
        const answer = await registry.send('GET', path);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['docker-distribution-api-version'], 'registry/2.0');
        assert.deepEqual(jsonOf(answer), {});
      }
    });

    test('a method that an endpoint does not have is 405 and says which there are', async (t) => {
      const registry = await startRegistry(t, { backend });
      const location = await openUpload(registry, 'team/app');
      const cases: [string, string, string][] = [
        ['POST', '/v2/', 'GET, HEAD'],
        ['PUT', '/v2/team/app/tags/list', 'GET, HEAD'],
        ['DELETE', `/v2/team/app/referrers/${NOTHING}`, 'GET, HEAD'],
        ['POST', '/v2/team/app/manifests/1', 'GET, HEAD, PUT, DELETE'],
        ['PUT', `/v2/team/app/blobs/${NOTHING}`, 'GET, HEAD, DELETE'],
        ['GET', '/v2/team/app/blobs/uploads/', 'POST'],
        ['POST', location, 'GET, HEAD, PATCH, PUT, DELETE'],
        ['OPTIONS', '/v2/_catalog', 'GET, HEAD'],
      ];
      for (const [method, path, allow] of cases) {
        const answer = await registry.send(method, path);
        assertRefused(answer, 405, 'UNSUPPORTED');
        assert.equal(answer.headers.allow, allow);
      }
    });

    test('what is no endpoint is 404', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const path of ['/', '/v1/', '/v2/team/app', '/v2/team/app/tags', '/v2/team/app/nothing', '/v2//'])
        assertRefused(await registry.send('GET', path), 404, 'UNSUPPORTED');
    });

    test('a name MUST match the grammar and be short enough', async (t) => {
      const registry = await startRegistry(t, { backend });
      const good = [
        'a',
        'a/b/c',
        'a.b_c__d-e---f',
        '0',
        'blobs/uploads',
        'tags/list/manifests',
        'a'.repeat(255),
      ];
      for (const name of good) {
        await pushImage(registry, name, '1', {});
        assert.equal((await registry.send('GET', `/v2/${name}/tags/list`)).status, 200, name);
      }
      const bad = [
        'Team/app',
        '../app',
        'team/%2e%2e',
        'team%2f..%2fapp',
        'a//b',
        'a..b',
        'a___b',
        '-a',
        'a-',
      ];
      bad.push('a_', 'a/', 'a%00', '%zz', 'a b', `${'a/'.repeat(128)}a`, '_catalog', 'ü');
      for (const name of bad.map((each) => encodeURI(each).replaceAll('%25', '%')))
        assertRefused(await registry.send('GET', `/v2/${name}/tags/list`), 400, 'NAME_INVALID');
    });

    test('error bodies are JSON of the prescribed form, with a message for people', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const path of [
        '/v2/A/tags/list',
        `/v2/a/blobs/${NOTHING}`,
        '/v2/a/manifests/1',
        '/v2/a/blobs/x',
      ]) {
        const answer = await registry.send('GET', path);
        assert.equal(answer.headers['content-type'], 'application/json');
        const body: unknown = jsonOf(answer);
        assert.ok(
          typeof body === 'object' && body !== null && 'errors' in body && Array.isArray(body.errors),
        );
        const [error] = body.errors;
        assert.match(error.code, /^[A-Z_]+$/);
        assert.ok(error.message.length > 0);
      }
    });

    test('a warning has code 299, agent "-" and no date, and fits in 4096 bytes', async (t) => {
      const registry = await startRegistry(t, { backend });
      const layers = Array.from({ length: 200 }, (_, n) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: blobOf(`missing ${n}`, 10, 'sha512').digest,
        size: 10,
      }));
      const { bytes, mediaType } = await pushImage(registry, 'team/app', undefined, {});
      const image = { ...JSON.parse(Buffer.from(bytes).toString()), layers };
      const sparse = { mediaType, bytes: Buffer.from(JSON.stringify(image)) };
      const { warning = '' } = (await putManifest(registry, 'team/app', '1.0', sparse)).headers;
      assert.match(warning, /^299 - "[^"]+"$/);
      assert.ok(warning.length < 4096);
      await registry.close();
      assert.equal(registry.log.filter((line) => line.warning !== undefined).length, 1);
    });

    test("a mirror's client finds content under the host that it means with ns", async (t) => {
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
      const tags = await registry.send('GET', '/v2/library/app/tags/list?ns=docker.io');
      assert.equal(tags.headers['oci-namespace'], 'docker.io');
      assert.deepEqual(JSON.parse(tags.body.toString()).tags, ['1.0']);
      for (const ns of ['ghcr.io', '../..', ''])
        assert.equal((await registry.send('GET', `/v2/library/app/manifests/1.0?ns=${ns}`)).status, 404);
    });
  });
}

test('the codes of 4xx answers are those of the specification', () => {
  const prescribed = [
    'BLOB_UNKNOWN',
    'BLOB_UPLOAD_INVALID',
    'BLOB_UPLOAD_UNKNOWN',
    'DENIED',
    'DIGEST_INVALID',
    'MANIFEST_BLOB_UNKNOWN',
    'MANIFEST_INVALID',
    'MANIFEST_UNKNOWN',
    'NAME_INVALID',
    'NAME_UNKNOWN',
    'SIZE_INVALID',
    'TOOMANYREQUESTS',
    'UNAUTHORIZED',
    'UNSUPPORTED',
  ];
  const codes = Object.entries(PROTOCOL_CODES);
  assert.deepEqual(codes.flatMap(([code, { status }]) => (status < 500 ? [code] : [])).sort(), prescribed);
  for (const [code] of codes) assert.match(code, /^[A-Z_]+$/);
});
