import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { descriptorOf } from '../../../content/manifest.ts';
import { imageOf, indexOf, pushImage, putManifest } from '../content.ts';
import { BACKENDS, startRegistry } from '../registry.ts';
import { assertRefused, manifestsOf } from './requests.ts';

// distribution-spec, "Pushing Manifests with Subject".
for (const backend of BACKENDS) {
  suite(`Pushing manifests with a subject to a ${backend} store`, () => {
    test('a subject that does not exist yet MUST be accepted, and every subject answered with OCI-Subject', async (t) => {
      for (const requireBlobs of [true, false]) {
        const registry = await startRegistry(t, { backend, requireBlobs });
        const missing = imageOf({ annotations: { is: 'missing' } });
        const there = await pushImage(registry, 'team/app', '1.0', {});
        for (const subject of [missing, there]) {
          for (const manifest of [
            imageOf({ subject, artifactType: 'a/b' }),
            imageOf({ subject }),
            indexOf([], { subject: descriptorOf(subject) }),
          ]) {
            for (const reference of ['tagged', manifest.digest, digestOf(manifest.bytes, 'sha512')]) {
              const put = await putManifest(registry, 'team/app', reference, manifest);
              assert.equal(put.status, 201);
              assert.equal(put.headers['oci-subject'], subject.digest);
            }
          }
        }
      }
    });

    // distribution-spec, "Pushing Manifests": more than 4 megabytes may be refused with 413. No annotation is ever left out
    // of a list of referrers, and clients take no list over 4 MiB.
    test('a referrer that could not be listed is 413, and the largest that can be is listed', async (t) => {
      const registry = await startRegistry(t, { backend });
      const subject = await pushImage(registry, 'team/app', '1.0', {});
      const path = `/v2/team/app/referrers/${subject.digest}`;
      const sized = (bytes: number) => {
        const annotations = { long: 'x'.repeat(bytes) };
        return indexOf([], { subject: descriptorOf(subject), annotations });
      };
      const most = 4 * 1024 * 1024;
      const over = sized(most).bytes.byteLength - most;
      const large = sized(most - over);
      assert.equal(large.bytes.byteLength, most);
      assertRefused(await putManifest(registry, 'team/app', 'large', large), 413, 'SIZE_INVALID');
      assert.equal(
        (await putManifest(registry, 'team/app', 'smaller', sized(most - over - 1024))).status,
        201,
      );
      const answer = await registry.send('GET', path);
      assert.ok(answer.body.byteLength <= most && answer.body.byteLength > most - 2048);
      assert.equal(manifestsOf(answer).length, 1);
    });

    test('a manifest without a subject is answered without OCI-Subject', async (t) => {
      const registry = await startRegistry(t, { backend });
      await pushImage(registry, 'team/app', undefined, {});
      const put = await putManifest(registry, 'team/app', '1.0', imageOf({}));
      assert.equal(put.headers['oci-subject'], undefined);
    });

    test('a subject may be named by its sha512 digest', async (t) => {
      const registry = await startRegistry(t, { backend });
      const image = await pushImage(registry, 'team/app', undefined, {});
      const subject = { ...image, digest: digestOf(image.bytes, 'sha512') };
      const referrer = imageOf({ subject, artifactType: 'a/b' });
      const put = await putManifest(registry, 'team/app', referrer.digest, referrer);
      assert.equal(put.headers['oci-subject'], subject.digest);
      const list = await registry.send('GET', `/v2/team/app/referrers/${subject.digest}`);
      assert.equal(JSON.parse(list.body.toString()).manifests[0].digest, referrer.digest);
    });
  });
}
