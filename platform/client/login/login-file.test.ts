import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type LoginPlace, loginPlace, readLogin, removeLogin, writeLogin } from './login-file.ts';

describe('the file of a login', () => {
  let folder: string;
  let place: LoginPlace;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-login-'));
    place = loginPlace({ XDG_CONFIG_HOME: folder, XDG_STATE_HOME: join(folder, 'state') });
    path = place.file;
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  test('is where the XDG specification has it; a relative folder there counts for nothing', () => {
    assert.equal(path, join(folder, 'skerry/hub.json'));
    assert.deepEqual(loginPlace({ XDG_CONFIG_HOME: 'here', HOME: '/home/a' }), {
      file: '/home/a/.config/skerry/hub.json',
      key: '/home/a/.local/state/skerry/login.key',
    });
  });

  test('is read as it was written, by its owner alone, and replaced as a whole', async () => {
    const refresh = { token: 'again', issuer: 'https://id.example', clientId: 'c', scopes: ['openid'] };
    const login = { url: 'https://hub.example:8443', token: 'hush', refresh };
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'old', { mode: 0o644 });
    await writeLogin(place, login);
    assert.deepEqual(await readLogin(place), login);
    for (const file of [path, place.key]) assert.equal((await stat(file)).mode & 0o777, 0o600);
    for (const secret of ['hush', 'again']) assert.ok(!(await readFile(path, 'utf8')).includes(secret));
    assert.deepEqual(await readdir(dirname(path)), ['hub.json']);
    assert.equal(await removeLogin(place), true);
    assert.equal(await removeLogin(place), false);
    await assert.rejects(readLogin(place), { code: 'NOT_LOGGED_IN' });
  });

  test('is read as an earlier release wrote it', async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      JSON.stringify({ version: 1, url: 'https://hub.example', token: 't', project: 'p' }),
    );
    assert.deepEqual(await readLogin(place), { url: 'https://hub.example', token: 't', project: 'p' });
  });

  test('opens with no other key, and not once it was changed', async () => {
    await writeLogin(place, { url: 'https://hub.example', token: 't' });
    const other = { ...place, key: join(folder, 'other/login.key') };
    await assert.rejects(readLogin(other), { code: 'LOGIN_FILE_INVALID' });
    await writeLogin(
      { ...other, file: join(folder, 'another.json') },
      { url: 'https://hub.example', token: 't' },
    );
    await assert.rejects(readLogin(other), { code: 'LOGIN_FILE_INVALID' });
    await writeFile(path, (await readFile(path, 'utf8')).replace(/"sealed": "(.{40})./, '"sealed": "$1_'));
    await assert.rejects(readLogin(place), { code: 'LOGIN_FILE_INVALID' });
    await writeFile(place.key, 'short');
    await assert.rejects(readLogin(place), { code: 'LOGIN_FILE_INVALID' });
  });

  test('is refused when it is something else, without showing what is in it', async () => {
    await mkdir(dirname(path), { recursive: true });
    for (const text of [
      '',
      '{"version": 2}',
      '{"version": 1, "url": "http://hub.example", "token": "secret"}',
    ]) {
      await writeFile(path, text);
      await assert.rejects(readLogin(place), (error: Error) => {
        assert.ok(!error.message.includes('secret'));
        return 'code' in error && error.code === 'LOGIN_FILE_INVALID';
      });
    }
  });
});
