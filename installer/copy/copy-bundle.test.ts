import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newKey } from '../../bundle/testing/signed-bundle.ts';
import { isSkerryError } from '../../content/error.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { signedBundle } from '../testing/signed-release.ts';
import { copyBundle } from './copy-bundle.ts';

test('a bundle is copied whole, and with a key only what that has signed', async () => {
  const folder = await testFolder('copy-bundle');
  const [vendor, stranger] = [newKey(), newKey()];
  const content = { version: '1.34.4', images: { node: 'a layer' }, extra: { registry: undefined } };
  const { path } = await signedBundle(folder, vendor, content);
  const keyFile = async (name: string, { publicKey }: typeof vendor) => {
    await writeFile(join(folder, name), publicKey.pem);
    return join(folder, name);
  };
  const to = join(folder, 'registry');
  const copy = { from: path, to, env: {}, signal: new AbortController().signal, onProgress: () => undefined };
  await assert.rejects(copyBundle({ ...copy, keyFile: await keyFile('other.pub', stranger) }), (error) =>
    isSkerryError(error, 'SIGNATURE_WRONG_KEY'),
  );
  await assert.rejects(openLayout(to), 'nothing was copied');
  await copyBundle({ ...copy, keyFile: await keyFile('vendor.pub', vendor) });
  const layout = await openLayout(to);
  assert.deepEqual(await layout.listTags('images.example/node'), ['1']);
  assert.ok((await layout.listRepositories()).includes('skerry/releases/demo'));
});
