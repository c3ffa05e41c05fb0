import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { openLayout } from '../../../content/layout/layout.ts';
import { parseManifest } from '../../../content/manifest.ts';
import { assertWhole } from '../whole-content.ts';
import { testAccess } from './access.ts';
import { LARGE_BYTES } from './images.ts';
import type { ServedStore } from './served-store.ts';
import { openSite, type Runner, type Site } from './site.ts';

const HTTP = '--allow-http-registry';
const OFFLINE = '--insecure-ignore-tlog';
const Verified = z.array(
  z.object({ critical: z.object({ image: z.object({ 'docker-manifest-digest': z.string() }) }) }),
);

let site: Site<'cosign'>;
let registry: ServedStore;
let run: Runner;
/** Some things are still behind this switch. */
const EXPERIMENTAL = { env: { COSIGN_EXPERIMENTAL: '1' } };
const cosign = (...args: string[]) => run.with(EXPERIMENTAL)(site.programs.cosign, ...args);

before(async () => {
  site = await openSite(['cosign']);
  registry = site.registry;
  run = await site.newcomer();
  await cosign('generate-key-pair');
  await cosign('trusted-root', 'create', '--out', 'trusted-root.json');
});

after(async () => await site?.[Symbol.asyncDispose]());

const key = () => ['--key', join(run.home, 'cosign.key'), '--tlog-upload=false', HTTP, '-y'];
const check = () => ['--key', join(run.home, 'cosign.pub'), OFFLINE, HTTP];
/** Without a root of its own it would ask for Sigstore's, over the internet. */
const BUNDLE = ['--new-bundle-format', '--trusted-root', 'trusted-root.json'];

/** Puts the image `app` into a repository; gives its reference by digest. */
async function seeded(repository: string, served = registry): Promise<string> {
  await served.seed(site.images, site.images.app, repository, '1');
  return `${served.host}/${repository}@${site.images.app.digest}`;
}

function verifiedDigests(json: string): string[] {
  return Verified.parse(JSON.parse(json)).map(({ critical }) => critical.image['docker-manifest-digest']);
}

const kept = (suffix: string) => `${site.images.app.digest.replace(':', '-')}${suffix}`;
const referrers = (repository: string) => registry.store.listReferrers(repository, site.images.app.digest);

describe('cosign', () => {
  test('signs under a tag, verifies, and refuses another key', async () => {
    const image = await seeded('cosign/tag');
    await assert.rejects(cosign('verify', ...check(), image), /no signatures found/);
    await cosign('sign', ...key(), image);
    assert.deepEqual(await registry.store.listTags('cosign/tag'), ['1', kept('.sig')]);
    assert.deepEqual(verifiedDigests(await cosign('verify', ...check(), image)), [site.images.app.digest]);
    const stranger = await site.newcomer();
    await stranger(site.programs.cosign, 'generate-key-pair');
    const other = ['--key', join(stranger.home, 'cosign.pub'), OFFLINE, HTTP];
    await assert.rejects(cosign('verify', ...other, image), /invalid signature/);
    assert.match(await cosign('triangulate', HTTP, image), new RegExp(`${kept('.sig')}$`));
  });

  test('signs as a referrer of the image, and verifies', async () => {
    const image = await seeded('cosign/referrer');
    await cosign('sign', ...key(), '--registry-referrers-mode=oci-1-1', image);
    assert.deepEqual(await registry.store.listTags('cosign/referrer'), ['1']);
    const [signature, ...more] = await referrers('cosign/referrer');
    assert.equal(signature?.artifactType, 'application/vnd.dev.cosign.artifact.sig.v1+json');
    assert.equal(more.length, 0);
    const verified = await cosign('verify', ...check(), '--experimental-oci11', image);
    assert.deepEqual(verifiedDigests(verified), [site.images.app.digest]);
  });

  test('signs with a bundle as a referrer, and verifies', async () => {
    const image = await seeded('cosign/bundle');
    await cosign('sign', ...key(), '--new-bundle-format', image);
    assert.deepEqual(await registry.store.listTags('cosign/bundle'), ['1']);
    const [bundle] = await referrers('cosign/bundle');
    assert.match(bundle?.artifactType ?? '', /^application\/vnd\.dev\.sigstore\.bundle/);
    assert.deepEqual(verifiedDigests(await cosign('verify', ...check(), ...BUNDLE, image)), [
      site.images.app.digest,
    ]);
  });

  test('signs an index with all that it names', async () => {
    const image = await seeded('cosign/recursive');
    await cosign('sign', ...key(), '--recursive', image);
    const [amd64, arm64] = parseManifest(site.images.app, 'app').manifests;
    for (const digest of [amd64?.digest, arm64?.digest]) {
      const child = `${registry.host}/cosign/recursive@${digest}`;
      assert.deepEqual(verifiedDigests(await cosign('verify', ...check(), child)), [digest]);
    }
  });

  test('attests under a tag and in a bundle, and verifies both', async () => {
    await writeFile(join(run.home, 'predicate.json'), '{"built":"here"}');
    const predicate = ['--predicate', 'predicate.json', '--type', 'custom'];
    for (const [name, sign, verify] of [
      ['tag', [], []],
      ['bundle', ['--new-bundle-format'], BUNDLE],
    ] as const) {
      const image = await seeded(`cosign/attested-${name}`);
      await cosign('attest', ...key(), ...predicate, ...sign, image);
      const verified = await cosign('verify-attestation', ...check(), '--type', 'custom', ...verify, image);
      assert.ok(verified.length > 0);
    }
    assert.deepEqual(await registry.store.listTags('cosign/attested-tag'), ['1', kept('.att')]);
    assert.deepEqual(await registry.store.listTags('cosign/attested-bundle'), ['1']);
    assert.equal((await referrers('cosign/attested-bundle')).length, 1);
  });

  test('attaches an SBOM under a tag and as a referrer, and gives it back', async () => {
    const sbom = '{"spdxVersion":"SPDX-2.3"}';
    await writeFile(join(run.home, 'sbom.json'), sbom);
    const image = await seeded('cosign/sbom');
    const attach = ['attach', 'sbom', '--sbom', 'sbom.json', '--input-format', 'json', HTTP];
    await cosign(...attach, image);
    assert.deepEqual(await registry.store.listTags('cosign/sbom'), ['1', kept('.sbom')]);
    assert.equal(await cosign('download', 'sbom', HTTP, image), sbom);
    const other = await seeded('cosign/sbom-referrer');
    await cosign(...attach, '--registry-referrers-mode=oci-1-1', other);
    assert.deepEqual(await registry.store.listTags('cosign/sbom-referrer'), ['1']);
    assert.equal((await referrers('cosign/sbom-referrer')).length, 1);
  });

  test('attaches a signature and an attestation that were made elsewhere', async () => {
    const image = await seeded('cosign/attached');
    const payload = join(run.home, 'payload.json');
    await writeFile(payload, await cosign('generate', HTTP, image));
    const sign = ['sign-blob', '--key', 'cosign.key', '--tlog-upload=false', '-y'];
    await cosign(...sign, '--output-signature', 'payload.sig', payload);
    await cosign('attach', 'signature', '--signature', 'payload.sig', '--payload', payload, HTTP, image);
    assert.deepEqual(verifiedDigests(await cosign('verify', ...check(), image)), [site.images.app.digest]);
    await writeFile(join(run.home, 'elsewhere.json'), '{"built":"elsewhere"}');
    const attest = ['--predicate', 'elsewhere.json', '--type', 'custom', '--no-upload'];
    await writeFile(join(run.home, 'attestation.json'), await cosign('attest', ...key(), ...attest, image));
    await cosign('attach', 'attestation', '--attestation', 'attestation.json', HTTP, image);
    await cosign('verify-attestation', ...check(), '--type', 'custom', image);
    assert.match(
      await cosign('tree', HTTP, image),
      /Attestations[\s\S]*Signatures|Signatures[\s\S]*Attestations/,
    );
  });

  test('copies an image with all that belongs to it, for all platforms', async () => {
    const image = await seeded('cosign/source');
    await cosign('sign', ...key(), image);
    await cosign('copy', HTTP, image, `${registry.host}/cosign/copied:1`);
    await registry.assertHolds('cosign/copied', '1', site.images.app);
    const copy = `${registry.host}/cosign/copied@${site.images.app.digest}`;
    assert.deepEqual(verifiedDigests(await cosign('verify', ...check(), copy)), [site.images.app.digest]);
  });

  test('saves a signed image of all platforms and loads it into another repository', async () => {
    const image = await seeded('cosign/saved');
    await cosign('sign', ...key(), image);
    const folder = join(run.home, 'saved');
    await cosign('save', HTTP, '--dir', folder, image);
    await assertWhole(await openLayout(folder), 'any', site.images.app.digest);
    await cosign('load', HTTP, '--dir', folder, `${registry.host}/cosign/loaded:1`);
    await registry.assertHolds('cosign/loaded', '1', site.images.app);
    const loaded = `${registry.host}/cosign/loaded@${site.images.app.digest}`;
    assert.deepEqual(verifiedDigests(await cosign('verify', ...check(), loaded)), [site.images.app.digest]);
  });

  test('uploads a large file', async () => {
    await writeFile(join(run.home, 'large'), randomBytes(LARGE_BYTES));
    await cosign('upload', 'blob', HTTP, '-f', 'large', `${registry.host}/cosign/large:1`);
    const manifest = await registry.store.readManifest('cosign/large', '1');
    assert.ok(manifest !== undefined);
    await assertWhole(registry.store, 'cosign/large', manifest.digest);
    const bytes = await readFile(join(run.home, 'large'));
    const sizes = parseManifest(manifest, 'large').blobs.map(({ size }) => size);
    assert.ok(sizes.includes(bytes.byteLength));
  });

  test('takes away what belongs to an image, and the image stays', async () => {
    const image = await seeded('cosign/cleaned');
    await cosign('sign', ...key(), image);
    await cosign('clean', HTTP, '--force', image);
    assert.deepEqual(await registry.store.listTags('cosign/cleaned'), ['1']);
    await assert.rejects(cosign('verify', ...check(), image), /no signatures found/);
    await registry.assertHolds('cosign/cleaned', '1', site.images.app);
  });

  testAccess(() => site, {
    checksLogin: false,
    login: (as, host, { user, password }) => {
      const login = ['login', '-u', user, '--password-stdin', host];
      return as.with({ input: password })(site.programs.cosign, ...login);
    },
    push: async (as, served, repository) => {
      await as(site.programs.cosign, 'sign', ...key(), await seeded(repository, served));
    },
    pull: async (as, { host }, repository) => {
      const image = `${host}/${repository}@${site.images.app.digest}`;
      await as(site.programs.cosign, 'verify', ...check(), image);
    },
    copy: (as, { host }, from, to) =>
      as(site.programs.cosign, 'copy', HTTP, `${host}/${from}:1`, `${host}/${to}:1`),
    assertPushed: async (served, repository) => {
      const tags = await served.store.listTags(repository);
      assert.ok(tags.includes(kept('.sig')), tags.join());
      await served.assertHolds(repository, '1', site.images.app);
    },
  });
});
