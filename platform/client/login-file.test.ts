import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { loginPath, readLogin, removeLogin, writeLogin } from './login-file.ts';

describe('the file of a login', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-login-'));
    path = loginPath({ XDG_CONFIG_HOME: folder });
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  test('is where the XDG specification has it; a relative folder there counts for nothing', () => {
    assert.equal(path, join(folder, 'skerry/hub.json'));
    assert.equal(loginPath({ XDG_CONFIG_HOME: 'here', HOME: '/home/a' }), '/home/a/.config/skerry/hub.json');
  });

  test('is read as it was written, by its owner alone, and replaced as a whole', async () => {
    const login = { version: 1, url: 'https://hub.example:8443', token: 't' } as const;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'old', { mode: 0o644 });
    await writeLogin(path, login);
    assert.deepEqual(await readLogin(path), login);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(dirname(path)), ['hub.json']);
    assert.equal(await removeLogin(path), true);
    assert.equal(await removeLogin(path), false);
    await assert.rejects(readLogin(path), { code: 'NOT_LOGGED_IN' });
  });

  test('is refused when it is something else, without showing what is in it', async () => {
    await mkdir(dirname(path), { recursive: true });
    for (const text of [
      '',
      '{"version": 2}',
      '{"version": 1, "url": "http://hub.example", "token": "secret"}',
    ]) {
      await writeFile(path, text);
      await assert.rejects(readLogin(path), (error: Error) => {
        assert.ok(!error.message.includes('secret'));
        return 'code' in error && error.code === 'LOGIN_FILE_INVALID';
      });
    }
  });
});
