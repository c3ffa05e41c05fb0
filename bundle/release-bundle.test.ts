import assert from 'node:assert/strict';
import { type FileHandle, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSmallBlob } from '../content/bytes/small-blob.ts';
import { copyContent } from '../content/copy/copy.ts';
import { isSkerryError } from '../content/error.ts';
import { parseManifest } from '../content/manifest.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import { testFolder } from '../content/testing/folder.ts';
import { generateKey, parsePublicKey, parseSigningKey, type SigningKey } from './key.ts';
import { readLockedRelease } from './locked-release.ts';
import { openReleaseBundle, openStoredRelease, peekRelease } from './release-bundle.ts';
import { IMAGE, type Making, makeSignedBundle, newKey, putImage } from './testing/signed-bundle.ts';

const KEY = newKey();
const makeBundle = (making: Partial<Making> = {}) => makeSignedBundle({ key: KEY, ...making });

test('a signed bundle opens with the key of its maker and gives the release', async () => {
  const path = await makeBundle();
  const bundle = await openReleaseBundle(path, KEY.publicKey);
  assert.equal(bundle.release.version, '1.2.3');
  assert.equal(bundle.address.repository, 'skerry/releases/demo');
  await bundle.store.close();
  assert.deepEqual(
    await readFile(path),
    await readFile(await makeBundle()),
    'signing twice gives the same bytes',
  );
});

test('a release that another store holds opens as one in a bundle does, and tags stand for what it says', async () => {
  const bundle = await openReleaseBundle(await makeBundle(), KEY.publicKey);
  const store = new MemoryStore();
  const names = [IMAGE, { repository: bundle.address.repository, tag: bundle.address.tag }];
  const items = names.map(({ repository, tag }) => ({ repository, reference: tag }));
  await copyContent(bundle.store, store, items);
  const stored = await openStoredRelease(store, bundle.address, KEY.publicKey);
  assert.equal(stored.release.version, '1.2.3');
  assert.equal(stored.bytes, bundle.bytes);
  const image = await bundle.store.readManifest(IMAGE.repository, IMAGE.tag);
  await putImage(store, IMAGE, 'another image under the same tag');
  const found = await stored.store.readManifest(IMAGE.repository, IMAGE.tag);
  assert.deepEqual(found?.digest, image?.digest);
  await assert.rejects(openStoredRelease(store, bundle.address, newKey().publicKey), (error) =>
    isSkerryError(error, 'SIGNATURE_WRONG_KEY'),
  );
  await bundle.store.close();
});

test('one flipped bit anywhere is found before the bundle is used', async () => {
  const path = await makeBundle();
  const { size } = await stat(path);
  const file = await open(path, 'r+');
  const offsets = Array.from({ length: Math.ceil(size / 41) }, (_, i) => i * 41);
  const codes = new Set<string>();
  for (const offset of [...offsets, size - 1]) {
    await flip(file, offset);
    const code = await verdict(path, KEY);
    assert.notEqual(code, 'good', `byte ${offset} of ${size}`);
    assert.match(code, /^[A-Z_]+$/, `byte ${offset}: an error with a code`);
    codes.add(code);
    await flip(file, offset);
  }
  await file.close();
  assert.equal(await verdict(path, KEY), 'good');
  assert.ok(codes.has('BUNDLE_CORRUPT') && codes.has('BUNDLE_DIGEST_MISMATCH'), [...codes].join());
});

test('another key, a missing signature and a forged one are told apart', async () => {
  const other = newKey();
  assert.equal(await verdict(await makeBundle(), other), 'SIGNATURE_WRONG_KEY');
  assert.equal(await verdict(await makeBundle({ unsigned: true }), KEY), 'SIGNATURE_MISSING');
  const forged: SigningKey = { publicKey: KEY.publicKey, sign: (bytes) => other.sign(bytes) };
  assert.equal(await verdict(await makeBundle({ key: forged }), KEY), 'SIGNATURE_INVALID');
});

test('content that the signed release does not name is refused, digests and all', async () => {
  const path = await makeBundle({ smuggled: true });
  assert.equal(await verdict(path, KEY), 'BUNDLE_CORRUPT');
});

test('a release under another name than its own is refused: it could take the place of an image', async () => {
  const path = await makeBundle({ name: { repository: 'registry.example/app', tag: 'v2' } });
  assert.equal(await verdict(path, KEY), 'BUNDLE_CORRUPT');
});

test('what is changed after a bundle was verified is found when it is used', async () => {
  const path = await makeBundle();
  const { store, address, release } = await openReleaseBundle(path, KEY.publicKey);
  const image = await store.readManifest(IMAGE.repository, IMAGE.tag);
  assert.ok(image);
  const [config] = parseManifest(image, 'image').blobs;
  assert.ok(config);
  const file = await open(path, 'r+');
  for (const { digest } of store.entries) await flip(file, (await store.locateBlob('', digest))?.offset ?? 0);
  await file.close();
  const mismatch = (error: unknown) => isSkerryError(error, 'DIGEST_MISMATCH');
  await assert.rejects(store.readManifest(IMAGE.repository, IMAGE.tag), mismatch);
  await assert.rejects(readSmallBlob(store, IMAGE.repository, config), mismatch);
  await assert.rejects(readLockedRelease(store, address), mismatch);
  const items = release.images.map(({ repository, tag }) => ({ repository, reference: tag }));
  await assert.rejects(copyContent(store, new MemoryStore(), items), mismatch);
  await store.close();
});

test('a bundle tells what it claims to be without being trusted', async () => {
  const bundle = await peekRelease(await makeBundle({ unsigned: true }));
  assert.equal(bundle.release.name, 'demo');
  await bundle.store.close();
});

test('keys are read, encrypted ones with their password, and a private key is no public key', async () => {
  const pair = generateKey('secret');
  assert.equal(
    parseSigningKey(pair.privatePem, 'x', 'secret').publicKey.fingerprint,
    parsePublicKey(pair.publicPem, 'x').fingerprint,
  );
  assert.throws(
    () => parseSigningKey(pair.privatePem, 'x', 'wrong'),
    (error) => isSkerryError(error, 'KEY_INVALID'),
  );
  assert.throws(
    () => parsePublicKey(generateKey().privatePem, 'x'),
    (error) => isSkerryError(error, 'KEY_INVALID'),
  );
  const file = join(await testFolder('key'), 'junk');
  await writeFile(file, 'junk');
  assert.throws(
    () => parsePublicKey('junk', file),
    (error) => isSkerryError(error, 'KEY_INVALID'),
  );
});

async function verdict(path: string, key: SigningKey): Promise<string> {
  try {
    const bundle = await openReleaseBundle(path, key.publicKey);
    await bundle.store.close();
    return 'good';
  } catch (error) {
    return isSkerryError(error) ? error.code : String(error);
  }
}

async function flip(file: FileHandle, offset: number) {
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, offset);
}
