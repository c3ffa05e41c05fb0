import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { SigningKey } from '../../bundle/key.ts';
import { peekRelease } from '../../bundle/release-bundle.ts';
import { newKey } from '../../bundle/testing/signed-bundle.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { type SignedRelease, signedBundle } from '../testing/signed-release.ts';
import { makeStick, placePrograms } from './make-stick.ts';
import { findInstallable, findStick, takeHostTool } from './stick.ts';
import { addToSums } from './sums.ts';

const coded = (code: string) => (error: unknown) => isSkerryError(error, code);
const VERSIONS = [{ version: '1.0.0' }, { version: '1.1.0', images: { web: 'a layer' } }] as const;

describe('a stick with several releases', () => {
  test('keeps the ones that are there, and tells of all of them', async () => {
    const [folder, key] = [await testFolder('stick'), newKey()];
    for (const release of VERSIONS) await put(folder, key, release);
    const sums = await readFile(join(folder, 'SHA256SUMS'), 'utf8');
    for (const name of [
      'demo-1.0.0.bundle.tar',
      'demo-1.1.0.bundle.tar',
      'skerry',
      'helm',
      'release.pub',
      'COVER.txt',
    ])
      assert.match(sums, new RegExp(`  ${name}$`, 'm'));
    assert.equal(sums.match(/ {2}helm$/gm)?.length, 1);
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: folder });
    const cover = await readFile(join(folder, 'COVER.txt'), 'utf8');
    assert.match(cover, /^demo 1\.0\.0, 1\.1\.0$/m);
    assert.match(cover, /images\.example\/web:1/);
    assert.match(cover, /skerry upgrade \. --plan/);
  });

  test('is the same whatever order they came in', async () => {
    const [one, other, key] = [await testFolder('stick'), await testFolder('stick'), newKey()];
    for (const release of VERSIONS) await put(one, key, release);
    for (const release of VERSIONS.toReversed()) await put(other, key, release);
    assert.equal(
      await readFile(join(one, 'COVER.txt'), 'utf8'),
      await readFile(join(other, 'COVER.txt'), 'utf8'),
    );
  });

  test('needs a word which one is meant', async () => {
    const [folder, key] = [await testFolder('stick'), newKey()];
    for (const release of VERSIONS) await put(folder, key, release);
    await assert.rejects(findStick(folder), coded('STICK_AMBIGUOUS'));
    assert.equal(basename((await findStick(folder, { version: '1.0.0' })).bundle), 'demo-1.0.0.bundle.tar');
    await assert.rejects(findStick(folder, { version: '3.0.0' }), coded('STICK_NOT_FOUND'));
  });

  test('takes content along that nothing is installed of, and installs what is beside it', async () => {
    const [folder, key] = [await testFolder('stick'), newKey()];
    const content = { version: '1.34.4', extra: { name: 'nodes', registry: undefined } };
    await put(folder, key, content);
    assert.equal(basename((await findInstallable(folder)).bundle), 'nodes-1.34.4.bundle.tar');
    const alone = await readFile(join(folder, 'COVER.txt'), 'utf8');
    assert.match(alone, /skerry copy nodes-1\.34\.4\.bundle\.tar https:\/\/REGISTRY/);
    assert.doesNotMatch(alone, /skerry install|COMPONENTS/);
    await put(folder, key, { version: '1.0.0' });
    await assert.rejects(findStick(folder), coded('STICK_AMBIGUOUS'));
    assert.equal(basename((await findInstallable(folder)).bundle), 'demo-1.0.0.bundle.tar');
    const cover = await readFile(join(folder, 'COVER.txt'), 'utf8');
    assert.match(cover, /^demo 1\.0\.0 and nodes 1\.34\.4$/m);
    assert.match(cover, /skerry install demo-1\.0\.0\.bundle\.tar/);
    assert.doesNotMatch(cover, /skerry upgrade/);
    await put(folder, key, { version: '1.1.0' });
    await assert.rejects(findInstallable(folder), coded('STICK_AMBIGUOUS'));
  });

  test('has one key', async () => {
    const folder = await testFolder('stick');
    await put(folder, newKey(), { version: '1.0.0' });
    const sums = await readFile(join(folder, 'SHA256SUMS'), 'utf8');
    await assert.rejects(put(folder, newKey(), { version: '1.1.0' }), coded('STICK_OTHER_KEY'));
    assert.equal(await readFile(join(folder, 'SHA256SUMS'), 'utf8'), sums);
  });

  test('keeps the helm of each release', async () => {
    const [folder, key] = [await testFolder('stick'), newKey()];
    await put(folder, key, { version: '1.0.0' }, 'old helm');
    await put(folder, key, { version: '1.1.0' }, 'new helm');
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: folder });
    const scratch = await testFolder('tools');
    for (const text of ['old helm', 'new helm']) {
      const tool = {
        ...{ name: 'helm', version: '4.3.1', platform: 'linux/amd64', file: 'helm' },
        ...{ digest: digestOf(text), size: text.length },
      };
      const taken = await takeHostTool(await findStick(folder, { version: '1.0.0' }), tool, scratch);
      assert.equal(await readFile(taken, 'utf8'), text);
    }
  });

  test('keeps what else its sums tell of', async () => {
    const [folder, key] = [await testFolder('stick'), newKey()];
    await put(folder, key, { version: '1.0.0' });
    await writeFile(join(folder, 'NOTES.txt'), 'hello');
    await addToSums(folder, [{ name: 'NOTES.txt', digest: digestOf('hello') }]);
    await put(folder, key, { version: '1.1.0' });
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: folder });
    assert.match(await readFile(join(folder, 'SHA256SUMS'), 'utf8'), / {2}NOTES\.txt$/m);
  });
});

async function put(
  folder: string,
  key: SigningKey,
  described: SignedRelease,
  helm = 'a helm',
): Promise<void> {
  const beside = await testFolder('programs');
  const [program, helmPath] = [join(beside, 'skerry'), join(beside, 'helm')];
  await writeFile(program, 'a program');
  await writeFile(helmPath, helm);
  const programs = await placePrograms({ folder, program, helm: helmPath });
  const { path: made } = await signedBundle(beside, key, described);
  const { release, address, store } = await peekRelease(made);
  await store.close();
  const path = join(folder, basename(made));
  await rename(made, path);
  await makeStick({
    folder,
    programs,
    key: key.publicKey,
    bundle: { path, release, address, copied: undefined },
  });
}
