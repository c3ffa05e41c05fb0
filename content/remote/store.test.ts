import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Digest, digestOf, hexOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { MAX_MANIFEST_BYTES, manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import { parseReference, tagOrDigest } from '../reference.ts';
import type { Manifest } from '../store.ts';
import { play, QUICK, type Script, type Step } from '../testing/script.ts';
import { openRemote, type RemoteStore } from './store.ts';

const R = 'team/app';
const DIGEST = digestOf('x');
const BLOB = { mediaType: MediaType.layer, digest: DIGEST, size: 1 };
const IMAGE = image('image');

test('a manifest is read by tag and by digest, with its bytes and its own media type', async (context) => {
  const store = await open(context, [
    {
      expect: `GET /v2/${R}/manifests/v1`,
      answer: { 'content-type': `${MediaType.manifest}; charset=utf-8` },
      send: Buffer.from(IMAGE.bytes),
    },
    { expect: `GET /v2/${R}/manifests/${IMAGE.digest}`, send: Buffer.from(IMAGE.bytes) },
    { expect: `GET /v2/${R}/manifests/v9`, status: 404 },
  ]);
  assert.deepEqual(await store.readManifest(R, 'v1'), IMAGE);
  assert.deepEqual(await store.readManifest(R, IMAGE.digest), IMAGE);
  assert.equal(await store.readManifest(R, 'v9'), undefined);
});

test('a manifest that a proxy has compressed is read as what it was', async (context) => {
  const answer = { 'content-type': MediaType.manifest, 'content-encoding': 'gzip' };
  const expect = `GET /v2/${R}/manifests/${IMAGE.digest}`;
  const store = await open(context, [
    { expect, answer, send: gzipSync(IMAGE.bytes) },
    { expect, answer, send: Buffer.from(IMAGE.bytes) },
    { expect, answer, send: gzipSync(Buffer.alloc(MAX_MANIFEST_BYTES + 1)) },
  ]);
  assert.deepEqual(await store.readManifest(R, IMAGE.digest), IMAGE);
  assert.deepEqual(await store.readManifest(R, IMAGE.digest), IMAGE);
  await assert.rejects(store.readManifest(R, IMAGE.digest), code('DIGEST_MISMATCH'));
});

test('what a header says of the kind of a manifest does not overrule the manifest', async (context) => {
  const plain = manifestOf(MediaType.dockerManifest, { schemaVersion: 2, config: BLOB, layers: [] });
  const answer = (type: string, manifest: Manifest): Step => ({
    expect: `GET /v2/${R}/manifests/v1`,
    answer: { 'content-type': type },
    send: Buffer.from(manifest.bytes),
  });
  const store = await open(context, [
    answer(MediaType.index, IMAGE),
    answer('application', IMAGE),
    answer(MediaType.dockerManifest, plain),
    answer('text/plain', plain),
  ]);
  const types: (string | undefined)[] = [];
  for (let count = 0; count < 4; count++) types.push((await store.readManifest(R, 'v1'))?.mediaType);
  assert.deepEqual(types, [
    MediaType.manifest,
    MediaType.manifest,
    MediaType.dockerManifest,
    MediaType.manifest,
  ]);
});

test('a manifest that is not what its digest or its header says is refused', async (context) => {
  const other = image('other');
  const store = await open(context, [
    { expect: `GET /v2/${R}/manifests/${IMAGE.digest}`, send: Buffer.from(other.bytes) },
    {
      expect: `GET /v2/${R}/manifests/v1`,
      answer: { 'docker-content-digest': IMAGE.digest },
      send: Buffer.from(other.bytes),
    },
    { expect: `GET /v2/${R}/manifests/v2`, send: '<html>' },
    { expect: `GET /v2/${R}/manifests/v3`, send: ' '.repeat(MAX_MANIFEST_BYTES + 1) },
  ]);
  await assert.rejects(store.readManifest(R, IMAGE.digest), code('DIGEST_MISMATCH'));
  await assert.rejects(store.readManifest(R, 'v1'), code('DIGEST_MISMATCH'));
  await assert.rejects(store.readManifest(R, 'v2'), code('MANIFEST_INVALID'));
  await assert.rejects(store.readManifest(R, 'v3'), code('REGISTRY_ERROR'));
});

test('names that are none lead nowhere', async (context) => {
  const store = await open(context, []);
  for (const name of ['../_catalog', 'a/../b', 'a?x', 'a#x', 'UPPER', '', '/a', 'a%2fb'])
    await assert.rejects(store.readManifest(name, 'v1'), code('REFERENCE_INVALID'), name);
  for (const tag of ['../../_catalog', 'v1?x', '', 'sha256:12'])
    await assert.rejects(store.readManifest(R, tag), code('REFERENCE_INVALID'), tag);
  await assert.rejects(store.statBlob('../x', DIGEST), code('REFERENCE_INVALID'));
  await assert.rejects(store.writeManifest(R, '../x', IMAGE), code('REFERENCE_INVALID'));
});

test('a list is followed from page to page, also where a page names a host that only the registry knows', async (context) => {
  const store = await open(context, [
    {
      expect: `GET /v2/${R}/tags/list`,
      send: '{"name":"app","tags":["a","b"]}',
      answer: { link: `</v2/${R}/tags/list?last=b&n=2>; rel="next"` },
    },
    {
      expect: `GET /v2/${R}/tags/list?last=b&n=2`,
      send: '{"tags":["c"]}',
      answer: { link: `<http://inner:5000/v2/${R}/tags/list?last=c>; title="x"; rel=next` },
    },
    { expect: `GET /v2/${R}/tags/list?last=c`, send: '{"tags":null}' },
  ]);
  assert.deepEqual(await store.listTags(R), ['a', 'b', 'c']);
});

test('a page of a list is asked for by number and name, and no more of it is taken', async (context) => {
  const store = await open(context, [
    { expect: `GET /v2/${R}/tags/list?n=2&last=a`, send: '{"tags":["b","c","d"]}' },
    { expect: 'GET /v2/_catalog', send: '{"repositories":["team/app","x"]}' },
    { expect: `GET /v2/${R}/tags/list`, status: 404 },
  ]);
  assert.deepEqual(await store.listTags(R, { limit: 2, after: 'a' }), ['b', 'c']);
  assert.deepEqual(await store.listRepositories(), ['team/app', 'x']);
  assert.deepEqual(await store.listTags(R), []);
});

test('a list without end, one that is no list, and one that may not be seen are errors', async (context) => {
  const expect = `GET /v2/${R}/tags/list`;
  const store = await open(context, [
    { expect, send: '{"tags":["a"]}', answer: { link: `</v2/${R}/tags/list>; rel="next"` } },
    { expect, send: '{"tags":"a"}' },
    { expect, send: '<html>' },
    { expect, status: 400 },
    { expect, status: 403 },
  ]);
  await assert.rejects(store.listTags(R), code('REGISTRY_ERROR'));
  await assert.rejects(store.listTags(R), code('REGISTRY_ERROR'));
  await assert.rejects(store.listTags(R), code('REGISTRY_ERROR'));
  await assert.rejects(store.listTags(R), code('REGISTRY_ERROR'));
  await assert.rejects(store.listTags(R), code('REGISTRY_DENIED'));
});

test('a page with more names than a call can have arguments is read', async (context) => {
  const tags = Array.from({ length: 300_000 }, (_, i) => `t${i}`);
  const store = await open(context, [{ expect: `GET /v2/${R}/tags/list`, send: JSON.stringify({ tags }) }]);
  assert.equal((await store.listTags(R)).length, tags.length);
});

test('referrers are read from the API, all pages of them', async (context) => {
  const sbom = { ...BLOB, mediaType: MediaType.manifest, artifactType: 'application/sbom' };
  const other = { ...sbom, digest: digestOf('other') };
  const store = await open(context, [
    {
      expect: `GET /v2/${R}/referrers/${DIGEST}`,
      send: index([sbom]),
      answer: { link: `</v2/${R}/referrers/${DIGEST}?page=2>; rel="next"` },
    },
    { expect: `GET /v2/${R}/referrers/${DIGEST}?page=2`, send: index([other]) },
  ]);
  assert.deepEqual(await store.listReferrers(R, DIGEST), [sbom, other]);
});

test('without the API referrers are read from the tag of the digest, whatever the registry answers', async (context) => {
  const sbom = { ...BLOB, mediaType: MediaType.manifest, artifactType: 'application/sbom' };
  const tag = (digest: Digest) => `sha${digest.slice(3, 6)}-${hexOf(digest).slice(0, 64)}`;
  const long = digestOf('x', 'sha512');
  for (const status of [400, 401, 404, 405]) {
    const store = await open(context, [
      { expect: `GET /v2/${R}/referrers/${DIGEST}`, status },
      { expect: `GET /v2/${R}/manifests/${tag(DIGEST)}`, send: index([sbom]) },
      { expect: `GET /v2/${R}/referrers/${long}`, status },
      { expect: `GET /v2/${R}/manifests/${tag(long)}`, status: 404 },
    ]);
    assert.deepEqual(await store.listReferrers(R, DIGEST), [sbom], `status ${status}`);
    assert.deepEqual(await store.listReferrers(R, long), []);
  }
});

test('a registry that lists no referrers has its list kept under the tag of the subject', async (context) => {
  const first = referrer('one');
  const second = referrer('two');
  const tag = DIGEST.replace(':', '-');
  const listed = ({ digest, bytes }: Manifest) => ({
    mediaType: MediaType.manifest,
    digest,
    size: bytes.byteLength,
    artifactType: 'application/sbom',
    annotations: { label: digest === first.digest ? 'one' : 'two' },
  });
  const put = ({ digest }: Manifest): Step => ({ expect: `PUT /v2/${R}/manifests/${digest}`, status: 201 });
  const list: Step = { expect: `GET /v2/${R}/manifests/${tag}` };
  const both = index([listed(first), listed(second)]);
  const store = await open(context, [
    { ...put(first), answer: { 'oci-subject': DIGEST } },
    put(first),
    { ...list, status: 404 },
    { expect: `PUT /v2/${R}/manifests/${tag}`, body: index([listed(first)]), status: 201 },
    put(second),
    { ...list, send: index([listed(first)]) },
    { expect: `PUT /v2/${R}/manifests/${tag}`, body: both, status: 201 },
    put(second),
    { ...list, send: both },
  ]);
  await store.writeManifest(R, first.digest, first);
  await store.writeManifest(R, first.digest, first);
  await store.writeManifest(R, second.digest, second);
  await store.writeManifest(R, second.digest, second);
});

test('referrers written at the same time are all in the list', async (context) => {
  const manifests = ['a', 'b', 'c', 'd'].map(referrer);
  const kept = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const name = String(request.url?.split('/').at(-1));
    if (request.method === 'PUT') {
      kept.set(name, Buffer.concat(await request.toArray()));
      response.writeHead(201).end();
      return;
    }
    const found = kept.get(name);
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const store = openRemote(`127.0.0.1:${address.port}`, { retry: QUICK });
  await Promise.all(manifests.map((manifest) => store.writeManifest(R, manifest.digest, manifest)));
  assert.deepEqual(
    (await store.listReferrers(R, DIGEST)).map(({ digest }) => digest).sort(),
    manifests.map(({ digest }) => digest).sort(),
  );
  await store.close();
});

test('a mount is taken, or the session that came in its place is given back', async (context) => {
  const expect = `POST /v2/${R}/blobs/uploads/?mount=${encodeURIComponent(DIGEST)}&from=team%2Fbase`;
  const store = await open(context, ({ origin }) => [
    { expect, status: 201 },
    { expect, status: 202, answer: { location: `${origin}/upload/1?state=x` } },
    { expect: 'DELETE /upload/1?state=x', status: 204 },
    { expect, status: 405 },
  ]);
  assert.equal(await store.mountBlob(R, BLOB, 'team/base'), true);
  assert.equal(await store.mountBlob(R, BLOB, 'team/base'), false);
  assert.equal(await store.mountBlob(R, BLOB, 'team/base'), false);
});

test('a blob is held when the registry says how large it is', async (context) => {
  const expect = `HEAD /v2/${R}/blobs/${DIGEST}`;
  const first = { expect: `GET /v2/${R}/blobs/${DIGEST}`, headers: { range: 'bytes=0-0' } };
  const store = await open(context, [
    { expect, answer: { 'content-length': '12' } },
    { expect },
    { ...first, status: 206, answer: { 'content-range': 'bytes 0-0/12' } },
    { expect },
    { ...first, send: 'twelve bytes' },
    { expect, status: 404 },
    { expect },
    { ...first, answer: { 'content-length': undefined }, send: 'twelve bytes' },
    { expect, status: 403 },
  ]);
  for (let count = 0; count < 3; count++) assert.equal(await store.statBlob(R, DIGEST), 12);
  assert.equal(await store.statBlob(R, DIGEST), undefined);
  assert.equal(await store.statBlob(R, DIGEST), undefined);
  await assert.rejects(store.statBlob(R, DIGEST), code('REGISTRY_DENIED'));
});

test('a manifest is sent with its media type, and must be kept as it is', async (context) => {
  const expect = `PUT /v2/${R}/manifests/v1`;
  const body = Buffer.from(IMAGE.bytes);
  const headers = { 'content-type': MediaType.manifest };
  const store = await open(context, [
    { expect, body, headers, status: 503 },
    { expect, body, headers, status: 201, answer: { 'docker-content-digest': IMAGE.digest } },
    { expect, status: 201, answer: { 'docker-content-digest': digestOf('rewritten') } },
    { expect, status: 201, answer: { 'docker-content-digest': digestOf(body, 'sha512') } },
    { expect, status: 507 },
    { expect, status: 404, send: '{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}' },
  ]);
  await store.writeManifest(R, 'v1', IMAGE);
  await assert.rejects(store.writeManifest(R, 'v1', IMAGE), code('DIGEST_MISMATCH'));
  await store.writeManifest(R, 'v1', IMAGE);
  await assert.rejects(store.writeManifest(R, 'v1', IMAGE), code('DISK_FULL'));
  await assert.rejects(
    store.writeManifest(R, 'v1', IMAGE),
    (error) => isSkerryError(error, 'REGISTRY_ERROR') && /MANIFEST_BLOB_UNKNOWN/.test(error.message),
  );
});

test('an image of Docker Hub is asked for under its full name', async (context) => {
  const { path, ...rest } = parseReference('docker.io/nginx');
  const store = await open(context, [{ expect: 'GET /v2/library/nginx/manifests/latest', status: 404 }]);
  assert.equal(await store.readManifest(path, tagOrDigest({ path, ...rest })), undefined);
  assert.equal(openRemote(rest.host).name, 'registry registry-1.docker.io');
});

async function open(
  context: TestContext,
  steps: readonly Step[] | ((script: Script) => readonly Step[]),
): Promise<RemoteStore> {
  const { origin } = await play(context, steps);
  return openRemote(origin, { retry: QUICK });
}

function image(label: string): Manifest {
  const json = { schemaVersion: 2, mediaType: MediaType.manifest, config: BLOB, layers: [] };
  return manifestOf(MediaType.manifest, { ...json, annotations: { label } });
}

function referrer(label: string): Manifest {
  return manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: 'application/sbom',
    config: BLOB,
    layers: [],
    subject: { ...BLOB, mediaType: MediaType.manifest },
    annotations: { label },
  });
}

function index(manifests: object[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, manifests });
}

function code(expected: string) {
  return (error: unknown) => isSkerryError(error, expected);
}

test('a manifest and a tag are deleted; a registry that deletes nothing says so', async (context) => {
  const digest = digestOf('an image');
  const { origin } = await play(context, [
    { expect: `DELETE /v2/team/app/manifests/${digest}`, status: 202 },
    { expect: `DELETE /v2/team/app/manifests/${digest}`, status: 404 },
    { expect: 'DELETE /v2/team/app/manifests/v1', status: 400 },
    { expect: `DELETE /v2/team/app/manifests/${digest}`, status: 405 },
    { expect: 'DELETE /v2/team/app/manifests/v1', status: 403 },
  ]);
  const store = openRemote(origin, { retry: QUICK });
  assert.equal(await store.deleteManifest('team/app', digest), true);
  assert.equal(await store.deleteManifest('team/app', digest), false);
  await assert.rejects(store.deleteTag('team/app', 'v1'), code('DELETE_UNSUPPORTED'));
  await assert.rejects(store.deleteManifest('team/app', digest), code('DELETE_UNSUPPORTED'));
  await assert.rejects(store.deleteTag('team/app', 'v1'), code('REGISTRY_DENIED'));
  await store.close();
});

test('a manifest is resolved by HEAD, and by GET where HEAD says too little or is refused', async (context) => {
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: { mediaType: MediaType.config, digest: digestOf('{}'), size: 2 },
    layers: [],
  });
  const full = {
    'content-type': MediaType.manifest,
    'docker-content-digest': manifest.digest,
    'content-length': String(manifest.bytes.byteLength),
  };
  const { 'docker-content-digest': _, ...anonymous } = full;
  const expected = {
    mediaType: MediaType.manifest,
    digest: manifest.digest,
    size: manifest.bytes.byteLength,
  };
  const good = await play(context, [
    { expect: 'HEAD /v2/team/app/manifests/v1', answer: full },
    { expect: 'HEAD /v2/team/app/manifests/v2', status: 404 },
  ]);
  const store = openRemote(good.origin, { retry: QUICK });
  assert.deepEqual(await store.resolveManifest('team/app', 'v1'), expected);
  assert.equal(await store.resolveManifest('team/app', 'v2'), undefined);
  for (const head of [
    { answer: anonymous },
    { answer: { ...full, 'content-type': 'text/html' } },
    { status: 405 },
  ]) {
    const answer = { 'content-type': MediaType.manifest };
    const odd = await play(context, [
      { expect: 'HEAD /v2/team/app/manifests/v1', ...head },
      { expect: 'GET /v2/team/app/manifests/v1', answer, send: Buffer.from(manifest.bytes) },
      // What a registry does badly once is not asked for again.
      { expect: 'GET /v2/team/app/manifests/v1', answer, send: Buffer.from(manifest.bytes) },
    ]);
    const other = openRemote(odd.origin, { retry: QUICK });
    assert.deepEqual(await other.resolveManifest('team/app', 'v1'), expected);
    assert.deepEqual(await other.resolveManifest('team/app', 'v1'), expected);
    await other.close();
  }
  await store.close();
});
