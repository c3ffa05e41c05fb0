import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseManifest } from '../../../content/manifest.ts';
import { referrerDescriptor } from '../../../content/referrers.ts';
import type { Manifest } from '../../../content/store.ts';
import { openUpload, putManifest, type TestBlob } from '../content.ts';
import { type Answer, BACKENDS, DELETING, startRegistry, type TestRegistry } from '../registry.ts';
import { type TestObject, testObjects } from './objects.ts';
import { assertBlobCreated, closeUpload, manifestsOf, nextOf, sendChunk } from './requests.ts';

const NAME = 'team/app';

// Every kind of object through every endpoint: pushed, listed, looked for, pulled, queried, deleted.
for (const backend of BACKENDS) {
  suite(`Every kind of object in a ${backend} store`, () => {
    for (const [kind, object] of Object.entries(testObjects())) {
      test(`${kind} comes back as it was pushed`, async (t) => {
        const registry = await startRegistry(t, { backend });
        await push(registry, object);
        // A layout knows a repository by its tags alone.
        if (backend !== 'layout' || Object.keys(object.tags).length > 0)
          await assertTags(registry, Object.keys(object.tags));
        await assertPulled(registry, object);
        await assertReferrers(registry, object);
        if (DELETING.includes(backend)) await deleteAll(registry, object);
      });
    }
  });
}

async function push(registry: TestRegistry, object: TestObject): Promise<void> {
  for (const [n, blob] of unique(object.blobs).entries())
    await pushBlobBy(WAYS[n % WAYS.length], registry, blob);
  for (const manifest of object.manifests) {
    const tags = tagsOf(object, manifest);
    const query = tags.map((tag) => `tag=${tag}`).join('&');
    const reference = object.tagParameters ? `${manifest.digest}?${query}` : manifest.digest;
    const put = await putManifest(registry, NAME, reference, manifest);
    await assertCreated(registry, put, manifest, object);
    if (object.tagParameters) assert.equal(put.headers['oci-tag'] ?? '', tags.join(', '));
    else
      for (const tag of tags) {
        const tagged = await putManifest(registry, NAME, tag, manifest);
        await assertCreated(registry, tagged, manifest, object);
      }
  }
}

const WAYS = ['post', 'post and put', 'chunks', 'stream'] as const;

async function pushBlobBy(
  way: (typeof WAYS)[number] | undefined,
  registry: TestRegistry,
  blob: TestBlob,
): Promise<void> {
  const { bytes, digest } = blob;
  if (way === 'post') {
    const path = `/v2/${NAME}/blobs/uploads/?digest=${digest}`;
    return await assertBlobCreated(registry, await registry.send('POST', path, { body: bytes }), blob);
  }
  const location = await openUpload(registry, NAME);
  if (way === 'chunks') {
    const middle = Math.ceil(bytes.byteLength / 2);
    await sendChunk(registry, 'PATCH', location, blob, [0, middle]);
    if (middle < bytes.byteLength)
      await sendChunk(registry, 'PATCH', location, blob, [middle, bytes.byteLength]);
  } else if (way === 'stream') await registry.send('PATCH', location, { body: [bytes] });
  const put =
    way === 'post and put'
      ? await registry.send('PUT', `${location}?digest=${digest}`, { body: bytes })
      : await closeUpload(registry, location, digest);
  await assertBlobCreated(registry, put, blob);
}

async function assertCreated(
  registry: TestRegistry,
  put: Answer,
  manifest: Manifest,
  { sparse }: TestObject,
) {
  assert.equal(put.status, 201, put.body.toString());
  assert.equal(put.headers['docker-content-digest'], manifest.digest);
  assert.equal(put.headers['oci-subject'], contentOf(manifest).subject?.digest);
  assert.equal(put.headers.warning !== undefined, sparse ?? false);
  assertManifest(await registry.send('GET', put.headers.location ?? ''), manifest);
}

function assertManifest(answer: Answer, { bytes, mediaType, digest }: Manifest): void {
  assert.equal(answer.status, 200);
  assert.ok(answer.body.equals(bytes));
  assertHead(answer, bytes.byteLength, digest);
  assert.equal(answer.headers['content-type'], mediaType);
}

function assertHead(answer: Answer, size: number, digest: string): void {
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-length'], String(size));
  assert.equal(answer.headers['docker-content-digest'], digest);
}

async function assertTags(registry: TestRegistry, tags: readonly string[]): Promise<void> {
  const listed: string[] = [];
  let path: string | undefined = `/v2/${NAME}/tags/list?n=1`;
  while (path !== undefined) {
    const answer = await registry.send('GET', path);
    assert.equal(answer.status, 200);
    listed.push(...JSON.parse(answer.body.toString()).tags);
    path = answer.headers.link === undefined ? undefined : nextOf(answer);
  }
  assert.deepEqual(listed, tags.toSorted());
}

async function assertPulled(registry: TestRegistry, object: TestObject): Promise<void> {
  for (const { bytes, digest } of unique(object.blobs)) {
    const path = `/v2/${NAME}/blobs/${digest}`;
    const got = await registry.send('GET', path);
    assertHead(got, bytes.byteLength, digest);
    assert.ok(got.body.equals(bytes));
    assertHead(await registry.send('HEAD', path), bytes.byteLength, digest);
  }
  for (const manifest of object.manifests) {
    for (const reference of [manifest.digest, ...tagsOf(object, manifest)]) {
      const path = `/v2/${NAME}/manifests/${reference}`;
      assertManifest(await registry.send('GET', path), manifest);
      const head = await registry.send('HEAD', path);
      assertHead(head, manifest.bytes.byteLength, manifest.digest);
      assert.equal(head.headers['content-type'], manifest.mediaType);
      assert.equal(head.body.byteLength, 0);
    }
  }
}

async function assertReferrers(registry: TestRegistry, { manifests }: TestObject): Promise<void> {
  const bySubject = Map.groupBy(manifests, (manifest) => contentOf(manifest).subject?.digest);
  for (const [subject, referring] of bySubject) {
    if (subject === undefined) continue;
    const expected = referring.map((each) => referrerDescriptor(each, contentOf(each)));
    const path = `/v2/${NAME}/referrers/${subject}`;
    assert.deepEqual(manifestsOf(await registry.send('GET', path)), expected.toSorted(byDigest));
    for (const [artifactType, some] of Map.groupBy(expected, (each) => each.artifactType ?? '')) {
      const filtered = await registry.send('GET', `${path}?artifactType=${encodeURIComponent(artifactType)}`);
      assert.equal(filtered.headers['oci-filters-applied'], 'artifactType');
      assert.deepEqual(manifestsOf(filtered), some.toSorted(byDigest));
    }
  }
}

// In the order in which nothing is ever left that points to nothing.
async function deleteAll(registry: TestRegistry, object: TestObject): Promise<void> {
  const paths = [
    ...Object.keys(object.tags).map((tag) => `manifests/${tag}`),
    ...object.manifests.toReversed().map(({ digest }) => `manifests/${digest}`),
    ...unique(object.blobs).map(({ digest }) => `blobs/${digest}`),
  ];
  for (const path of paths) {
    assert.equal((await registry.send('DELETE', `/v2/${NAME}/${path}`)).status, 202, path);
    assert.equal((await registry.send('HEAD', `/v2/${NAME}/${path}`)).status, 404, path);
  }
}

function tagsOf({ tags }: TestObject, manifest: Manifest): string[] {
  return Object.entries(tags).flatMap(([tag, tagged]) => (tagged.digest === manifest.digest ? [tag] : []));
}

function contentOf(manifest: Manifest) {
  return parseManifest(manifest, manifest.digest);
}

function unique(blobs: readonly TestBlob[]): TestBlob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

function byDigest(a: { digest: string }, b: { digest: string }): number {
  return a.digest < b.digest ? -1 : 1;
}
