import assert from 'node:assert/strict';
import { chown, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { editUsersFile, readUsersFile } from './edit-users.ts';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-users-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a users file is written in one step, for its owner alone', async (t) => {
  const folder = await folderFor(t);
  const path = join(folder, 'users');
  assert.equal(await readUsersFile(path), undefined);
  await editUsersFile(path, () => 'ada:!\n');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual((await readdir(folder)).sort(), ['users', 'users.lock']);
  assert.ok((await readUsersFile(path))?.users.has('ada'));
});

test('what could not be read back is not written', async (t) => {
  const path = join(await folderFor(t), 'users');
  await writeFile(path, 'ada:!\n');
  await assert.rejects(
    editUsersFile(path, () => 'ada:plain\n'),
    { code: 'REGISTRY_USERS_INVALID' },
  );
  assert.equal(await readFile(path, 'utf8'), 'ada:!\n');
});

test('editors come one after the other, and none loses what another wrote', async (t) => {
  const path = join(await folderFor(t), 'users');
  const names = Array.from({ length: 20 }, (_, index) => `user-${index}`);
  await Promise.all(names.map((name) => editUsersFile(path, ({ text }) => `${text}${name}:!\n`)));
  assert.deepEqual([...((await readUsersFile(path))?.users.keys() ?? [])].sort(), names.sort());
});

test('what cannot be read or written has a name, and says which file it is', async (t) => {
  const folder = await folderFor(t);
  const unusable = (subject: string) => ({ code: 'REGISTRY_USERS_UNUSABLE', subject });
  await assert.rejects(readUsersFile(folder), unusable(folder));
  const path = join(folder, 'none', 'users');
  assert.equal(await readUsersFile(path), undefined);
  await assert.rejects(
    editUsersFile(path, () => 'ada:!\n'),
    unusable(path),
  );
});

test('a link stays a link, and what it leads to is changed', async (t) => {
  const folder = await folderFor(t);
  await writeFile(join(folder, 'real'), 'ada:!\n');
  await symlink('real', join(folder, 'users'));
  await editUsersFile(join(folder, 'users'), () => 'bob:!\n');
  assert.ok((await lstat(join(folder, 'users'))).isSymbolicLink());
  assert.equal(await readFile(join(folder, 'real'), 'utf8'), 'bob:!\n');
});

const notRoot = process.getuid?.() === 0 ? false : 'only root gives files away';
test('the registry that owns the folder can read what root writes there', { skip: notRoot }, async (t) => {
  const folder = await folderFor(t);
  await chown(folder, 65532, 65532);
  const path = join(folder, 'users');
  await editUsersFile(path, () => 'ada:!\n');
  assert.equal((await stat(path)).uid, 65532);
  assert.equal((await stat(`${path}.lock`)).uid, 65532);
  await chown(path, 65533, 65533);
  await editUsersFile(path, () => 'bob:!\n');
  assert.equal((await stat(path)).uid, 65533);
});
