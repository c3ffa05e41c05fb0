import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTokenKey } from './token-key.ts';

test('the key is made once, for its owner alone, and anew when the file is no key', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-key-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'token.key');
  const key = await openTokenKey(path);
  assert.equal(key.byteLength, 32);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await openTokenKey(path), key);
  await writeFile(path, key.toString('base64url').slice(0, 20));
  const next = await openTokenKey(path);
  assert.notDeepEqual(next, key);
  assert.deepEqual(await openTokenKey(path), next);
  assert.deepEqual(await readdir(folder), ['token.key']);
});
