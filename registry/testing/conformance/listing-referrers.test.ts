import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Descriptor } from '../../../content/descriptor.ts';
import { digestOf } from '../../../content/digest.ts';
import { descriptorOf, manifestOf } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { referrersPage } from '../../protocol/endpoints/referrers-endpoint.ts';
import { imageOf, indexOf, pushImage, putManifest } from '../content.ts';
import { BACKENDS, DELETING, startRegistry } from '../registry.ts';
import { assertRefused, jsonOf, manifestsOf, NOTHING, nextOf } from './requests.ts';

// distribution-spec, "Listing Referrers".
for (const backend of BACKENDS) {
  suite(`Listing the referrers in a ${backend} store`, () => {
    test('the API MUST NOT be 404: what nobody refers to has an empty list', async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = await pushImage(registry, 'team/app', '1.0', {});
      const long = digestOf(image.bytes, 'sha512');
      for (const path of [
        `team/app/referrers/${image.digest}`,
        `team/app/referrers/${long}`,
        `none/referrers/${NOTHING}`,
      ]) {
        const answer = await registry.send('GET', `/v2/${path}`);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-type'], MediaType.index);
        assert.deepEqual(jsonOf(answer), { schemaVersion: 2, mediaType: MediaType.index, manifests: [] });
      }
    });

    test('a digest that is none MUST be 400', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const digest of ['sha256:short', 'latest', `md5:${'0'.repeat(32)}`])
        assertRefused(await registry.send('GET', `/v2/team/app/referrers/${digest}`), 400, 'DIGEST_INVALID');
    });

    test('each descriptor MUST have artifactType and annotations, whether its subject came before, after or never', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = imageOf({ annotations: { is: 'the subject' } });
      const annotations = { 'org.example.note': 'hello', 'org.example.other': '' };
      const typed = await pushImage(registry, 'team/app', undefined, {
        subject,
        artifactType: 'a/one',
        annotations,
      });
      // "If the artifactType is empty or missing in the image manifest", it is that of the config.
      const untyped = await pushImage(registry, 'team/app', 'tagged', { subject });
      const empty = await pushImage(registry, 'team/app', undefined, { subject, artifactType: '' });
      // "If the artifactType is empty or missing in an index, the artifactType MUST be omitted."
      const index = indexOf([], { artifactType: 'a/two', subject: descriptorOf(subject), annotations });
      const plain = indexOf([], { subject: descriptorOf(subject) });
      for (const each of [index, plain]) await putManifest(registry, 'team/app', each.digest, each);
      await pushImage(registry, 'team/app', undefined, { subject: untyped });
      const expected = [
        { ...descriptorOf(typed), artifactType: 'a/one', annotations },
        { ...descriptorOf(untyped), artifactType: MediaType.empty },
        { ...descriptorOf(empty), artifactType: MediaType.empty },
        { ...descriptorOf(index), artifactType: 'a/two', annotations },
        descriptorOf(plain),
      ];
      const listed = async () =>
        manifestsOf(await registry.send('GET', `/v2/team/app/referrers/${subject.digest}`));
      assert.deepEqual(await listed(), sorted(expected));
      await putManifest(registry, 'team/app', 'subject', subject);
      assert.deepEqual(await listed(), sorted(expected));
      await registry.restart();
      assert.deepEqual(await listed(), sorted(expected));
    });

    test('a referrer pushed under sha512, or to a subject of sha512, is listed', async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = await pushImage(registry, 'team/app', '1.0', {});
      const subject = { ...image, digest: digestOf(image.bytes, 'sha512') };
      const { bytes, mediaType } = imageOf({ subject, artifactType: 'a/b' });
      const digest = digestOf(bytes, 'sha512');
      assert.equal((await putManifest(registry, 'team/app', digest, { bytes, mediaType })).status, 201);
      const answer = await registry.send('GET', `/v2/team/app/referrers/${subject.digest}`);
      assert.deepEqual(manifestsOf(answer), [
        { mediaType, digest, size: bytes.byteLength, artifactType: 'a/b' },
      ]);
      const other = await registry.send('GET', `/v2/team/app/referrers/${image.digest}`);
      assert.deepEqual(manifestsOf(other), []);
    });

    test('filtering by artifactType SHOULD be possible, and MUST then be said', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = await pushImage(registry, 'team/app', '1.0', {});
      const one = await pushImage(registry, 'team/app', undefined, { subject, artifactType: 'a/one+json' });
      await pushImage(registry, 'team/app', undefined, { subject, artifactType: 'a/two' });
      const untyped = await pushImage(registry, 'team/app', undefined, { subject });
      const path = `/v2/team/app/referrers/${subject.digest}`;
      for (const [artifactType, digests] of [
        ['a/one+json', [one.digest]],
        [MediaType.empty, [untyped.digest]],
        ['a/none', []],
      ] as const) {
        const filtered = await registry.send(
          'GET',
          `${path}?artifactType=${encodeURIComponent(artifactType)}`,
        );
        assert.equal(filtered.headers['oci-filters-applied'], 'artifactType');
        assert.deepEqual(
          manifestsOf(filtered).map(({ digest }) => digest),
          digests,
        );
      }
      const all = await registry.send('GET', path);
      assert.equal(all.headers['oci-filters-applied'], undefined);
      assert.equal(manifestsOf(all).length, 3);
    });

    test('referrers are those of the repository', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = await pushImage(registry, 'team/app', '1.0', {});
      await pushImage(registry, 'team/other', undefined, { subject, artifactType: 'a/b' });
      const answer = await registry.send('GET', `/v2/team/app/referrers/${subject.digest}`);
      // A layout keeps everything in one pool.
      assert.equal(manifestsOf(answer).length, backend === 'layout' ? 1 : 0);
    });

    test('a list that does not fit in an answer MUST link to the rest', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = await pushImage(registry, 'team/app', '1.0', {});
      const annotations = { long: 'x'.repeat(1_000_000) };
      const expected: string[] = [];
      for (let n = 0; n < 6; n++) {
        const referrer = imageOf({
          subject,
          artifactType: 'a/b',
          annotations: { ...annotations, n: `${n}` },
        });
        assert.equal((await putManifest(registry, 'team/app', referrer.digest, referrer)).status, 201);
        expected.push(referrer.digest);
      }
      const seen: string[] = [];
      let path: string | undefined = `/v2/team/app/referrers/${subject.digest}?artifactType=a%2Fb`;
      let pages = 0;
      while (path !== undefined) {
        const answer = await registry.send('GET', path);
        assert.ok(answer.body.byteLength <= 4 * 1024 * 1024);
        assert.equal(answer.headers['oci-filters-applied'], 'artifactType');
        seen.push(...manifestsOf(answer).map(({ digest }) => digest));
        path = answer.headers.link === undefined ? undefined : nextOf(answer);
        pages++;
      }
      assert.deepEqual(seen, expected.sort());
      assert.equal(pages, 2);
    });
  });
}

for (const backend of DELETING) {
  suite(`Referrers that were deleted from a ${backend} store`, () => {
    test('are listed no more, and a subject that was deleted keeps its list', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = await pushImage(registry, 'team/app', '1.0', {});
      const [one, two] = [
        await pushImage(registry, 'team/app', undefined, { subject, artifactType: 'a/one' }),
        await pushImage(registry, 'team/app', 'tagged', { subject, artifactType: 'a/two' }),
      ];
      const listed = async () =>
        manifestsOf(await registry.send('GET', `/v2/team/app/referrers/${subject.digest}`)).map(
          ({ digest }) => digest,
        );
      assert.deepEqual(await listed(), [one.digest, two.digest].sort());
      await registry.send('DELETE', `/v2/team/app/manifests/${one.digest}`);
      assert.deepEqual(await listed(), [two.digest]);
      await registry.send('DELETE', `/v2/team/app/manifests/${subject.digest}`);
      assert.deepEqual(await listed(), [two.digest]);
      await registry.send('DELETE', '/v2/team/app/manifests/tagged');
      assert.deepEqual(await listed(), [two.digest]);
    });
  });
}

test('a list of referrers that is too large for one index goes on in another', () => {
  const all = Array.from({ length: 100 }, (_, n) => descriptorOf(imageOf({ annotations: { n: `${n}` } })));
  const room = Buffer.byteLength(JSON.stringify(all[0])) * 30;
  const seen: Descriptor[] = [];
  let last: string | undefined;
  let pages = 0;
  do {
    const { entries, next } = referrersPage(all, last, room);
    assert.ok(Buffer.byteLength(JSON.stringify(entries)) <= room + 2);
    seen.push(...entries);
    last = next;
    pages++;
  } while (last !== undefined);
  assert.deepEqual(seen, sorted(all));
  assert.equal(pages, 4);
});

// distribution-spec, "Enabling the Referrers API" and "Referrers Tag Schema".
for (const backend of BACKENDS) {
  suite(`Referrers that clients listed under a tag of a ${backend} store`, () => {
    test('MUST be listed when they have the subject, once each', async (t) => {
      const registry = await startRegistry(t, { backend });
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const image = await pushImage(registry, 'team/app', '1.0', {});
        const subject = { ...image, digest: digestOf(image.bytes, algorithm) };
        const referrer = await pushImage(registry, 'team/app', undefined, { subject, artifactType: 'a/b' });
        const stranger = await pushImage(registry, 'team/app', undefined, { annotations: { no: 'subject' } });
        const listed = [
          { ...descriptorOf(referrer), artifactType: 'a/b' },
          { ...descriptorOf(stranger), artifactType: 'a/false' },
          { ...descriptorOf(imageOf({ annotations: { is: 'missing' } })), artifactType: 'a/b' },
        ];
        const tag = `${algorithm}-${subject.digest.slice(7, 71)}`;
        const index = { schemaVersion: 2, mediaType: MediaType.index, manifests: listed };
        const put = await putManifest(registry, 'team/app', tag, manifestOf(MediaType.index, index));
        assert.equal(put.status, 201);
        const answer = await registry.send('GET', `/v2/team/app/referrers/${subject.digest}`);
        assert.deepEqual(manifestsOf(answer), [{ ...descriptorOf(referrer), artifactType: 'a/b' }]);
      }
    });

    test('a tag that holds something else is no list, and stays a tag like any other', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = await pushImage(registry, 'team/app', '1.0', {});
      const tag = subject.digest.replace(':', '-');
      assert.equal((await putManifest(registry, 'team/app', tag, subject)).status, 201);
      const answer = await registry.send('GET', `/v2/team/app/referrers/${subject.digest}`);
      assert.deepEqual(manifestsOf(answer), []);
      assert.equal((await registry.send('GET', `/v2/team/app/manifests/${tag}`)).status, 200);
    });
  });
}

test('a layout that other tools made lists the referrers of its tags', async (t) => {
  const registry = await startRegistry(t, { backend: 'layout' });
  const subject = await pushImage(registry, 'team/app', '1.0', {});
  // As a blob it is in the layout, but nothing in index.json names it: only the index under the tag does.
  const referrer = imageOf({ subject, artifactType: 'a/b' });
  const { bytes, digest } = referrer;
  await registry.send('POST', `/v2/team/app/blobs/uploads/?digest=${digest}`, { body: Buffer.from(bytes) });
  const path = `/v2/team/app/referrers/${subject.digest}`;
  assert.deepEqual(manifestsOf(await registry.send('GET', path)), []);
  const list = indexOf([referrer]);
  await putManifest(registry, 'team/app', subject.digest.replace(':', '-'), list);
  assert.deepEqual(manifestsOf(await registry.send('GET', path)), [
    { ...descriptorOf(referrer), artifactType: 'a/b' },
  ]);
});

function sorted(entries: readonly Descriptor[]): Descriptor[] {
  return entries.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}
