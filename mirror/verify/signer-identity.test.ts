import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { cosignTag } from '../../content/companion-tag.ts';
import { manifestOf } from '../../content/manifest.ts';
import type { Manifest } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { putImage } from '../testing/mirror-site.ts';
import {
  ISSUER,
  RELEASER,
  type SignatureForm,
  type SigningOptions,
  TestSigstore,
} from '../testing/sigstore.ts';
import { type SignerIdentity, verifyIdentity } from './signer-identity.ts';
import { readTrustedRoot } from './trusted-root.ts';

const TRUSTED: SignerIdentity = { identity: RELEASER, issuer: ISSUER };
const HOUR_MS = 3_600_000;

let sigstore: TestSigstore;
let stranger: TestSigstore;

before(async () => {
  [sigstore, stranger] = [await TestSigstore.make(), await TestSigstore.make()];
});

async function rootOf(authority: TestSigstore) {
  const path = join(await testFolder('trusted-root'), 'trusted_root.json');
  await writeFile(path, JSON.stringify(authority.trustedRoot()));
  return await readTrustedRoot(path);
}

async function signed(...ways: readonly (readonly [SignatureForm, SigningOptions, TestSigstore?])[]) {
  const store = new MemoryStore();
  const image = await putImage(store, 'app', '1', 'content');
  for (const [form, options, by = sigstore] of ways) await by.sign(store, 'app', image, form, options);
  return { store, image };
}

async function verify(store: MemoryStore, image: Manifest, trusted = TRUSTED): Promise<void> {
  const root = await rootOf(sigstore);
  await verifyIdentity(store, { repository: 'app', digest: image.digest }, { trusted, root }, {});
}

const at = new Date('2026-03-01T12:00:00Z');
const hourLater = new Date(at.getTime() + HOUR_MS);
const refused: Record<string, { options: SigningOptions; by?: 'stranger'; code: string }> = {
  'another identity': { options: { subject: `${RELEASER}0` }, code: 'MIRROR_IDENTITY_WRONG' },
  'the same identity, vouched for by somebody else': {
    options: { issuer: `${ISSUER}.evil` },
    code: 'MIRROR_IDENTITY_WRONG',
  },
  'a certificate that had ended when the log took the signature up': {
    options: { at, loggedAt: hourLater },
    code: 'MIRROR_CERTIFICATE_INVALID',
  },
  'a certificate from after the signature': {
    options: { at: hourLater, loggedAt: at },
    code: 'MIRROR_CERTIFICATE_INVALID',
  },
  'a certificate that no log has seen': {
    options: { certificateLogged: false },
    code: 'MIRROR_CERTIFICATE_INVALID',
  },
  'no entry in a log': { options: { logged: false }, code: 'MIRROR_SIGNATURE_UNLOGGED' },
  'another Sigstore': { options: {}, by: 'stranger', code: 'MIRROR_CERTIFICATE_INVALID' },
};

for (const form of ['tag', 'bundle'] as const)
  describe(`a signature kept as a ${form}`, () => {
    test('by the trusted identity is good, long after its certificate has ended', async () => {
      const { store, image } = await signed([form, {}]);
      await verify(store, image);
      await verify(store, image, {
        identityMatch: 'https://git\\.test/team/.*@refs/tags/v\\d+',
        issuer: ISSUER,
      });
    });

    for (const [what, { options, by, code }] of Object.entries(refused))
      test(`with ${what} is refused`, async () => {
        const { store, image } = await signed([form, options, by === undefined ? sigstore : stranger]);
        await assert.rejects(verify(store, image), { code });
      });

    test('is good beside others that are not', async () => {
      const other = form === 'tag' ? 'bundle' : 'tag';
      const { store, image } = await signed([other, { subject: 'someone@else.test' }], [form, {}]);
      await verify(store, image);
    });

    test('by an address of e-mail is good', async () => {
      const { store, image } = await signed([form, { subject: 'releases@team.test' }]);
      await verify(store, image, { identity: 'releases@team.test', issuer: ISSUER });
      await assert.rejects(verify(store, image), { code: 'MIRROR_IDENTITY_WRONG' });
    });
  });

test('an expression has to fit the whole subject', async () => {
  const { store, image } = await signed(['bundle', {}]);
  for (const identityMatch of ['git\\.test', 'https://git\\.test/other/.*', RELEASER.slice(0, -1)])
    await assert.rejects(verify(store, image, { identityMatch, issuer: ISSUER }), {
      code: 'MIRROR_IDENTITY_WRONG',
    });
});

test('a signature of another image, put beside this one, is none', async () => {
  const { store, image } = await signed();
  const other = await putImage(store, 'app', '2', 'other content');
  const reference = await sigstore.sign(store, 'app', other, 'tag');
  const signature = await store.readManifest('app', reference);
  assert.ok(signature !== undefined);
  await store.writeManifest('app', cosignTag(image.digest, 'sig'), signature);
  await assert.rejects(verify(store, image), { code: 'SIGNATURE_MISSING' });
});

test('a signature that was changed is refused, whatever is changed', async () => {
  const { store, image } = await signed(['tag', {}]);
  const tag = cosignTag(image.digest, 'sig');
  const signature = await store.readManifest('app', tag);
  assert.ok(signature !== undefined);
  const manifest = JSON.parse(Buffer.from(signature.bytes).toString());
  const annotations: Record<string, string> = manifest.layers[0].annotations;
  for (const [name, code] of Object.entries({
    'dev.cosignproject.cosign/signature': /SIGNATURE_INVALID|MIRROR_SIGNATURE_UNLOGGED/,
    'dev.sigstore.cosign/certificate': /SIGNATURE_MISSING/,
    'dev.sigstore.cosign/bundle': /MIRROR_SIGNATURE_UNLOGGED/,
  })) {
    const value = annotations[name] ?? '';
    const changed = value.replace(/[A-Za-z0-9+/]{40}/g, (text) => [...text].reverse().join(''));
    const layers = [{ ...manifest.layers[0], annotations: { ...annotations, [name]: changed } }];
    await store.writeManifest('app', tag, manifestOf(signature.mediaType, { ...manifest, layers }));
    await assert.rejects(verify(store, image), { code }, name);
  }
});

test('an image that is signed with a key only, or not at all, has no identity', async () => {
  const { store, image } = await signed();
  await assert.rejects(verify(store, image), { code: 'SIGNATURE_MISSING' });
});

test('a trusted root that is none is said to be none', async () => {
  const folder = await testFolder('trusted-root');
  const root = sigstore.trustedRoot();
  for (const [index, json] of ['{', '{}', JSON.stringify({ ...root, tlogs: [] })].entries()) {
    const path = join(folder, `${index}.json`);
    await writeFile(path, json);
    await assert.rejects(readTrustedRoot(path), { code: 'MIRROR_TRUSTED_ROOT_INVALID' });
  }
  await assert.rejects(readTrustedRoot(join(folder, 'nowhere')), { code: 'MIRROR_TRUSTED_ROOT_INVALID' });
});
