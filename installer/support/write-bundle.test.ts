import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { writeSupportBundle } from './write-bundle.ts';

test('a support bundle is readable by its owner alone', async () => {
  const file = join(await testFolder('support'), 'support.tar.gz');
  await writeSupportBundle(file, Buffer.from('all of it'));
  assert.equal(await readFile(file, 'utf8'), 'all of it');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('what cannot be written leaves nothing behind, and says so', async () => {
  const folder = await testFolder('support');
  // A folder stands where the file should.
  await mkdir(join(folder, 'taken', 'by'), { recursive: true });
  await assert.rejects(writeSupportBundle(join(folder, 'taken'), Buffer.from('x')), (error) =>
    isSkerryError(error, 'SUPPORT_BUNDLE_UNWRITTEN'),
  );
  assert.deepEqual(await readdir(folder), ['taken']);
});
