import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AuditEntry } from '../audit/audit.ts';
import type { LogRecord } from '../log.ts';
import { ClosedMark } from './closed-mark.ts';
import { watchUsers } from './watched-users.ts';

async function follow(
  t: TestContext,
  { openWithout = false, text }: { openWithout?: boolean; text?: string },
) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-users-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'users');
  if (text !== undefined) await writeFile(path, text);
  const log: LogRecord[] = [];
  const mark = new ClosedMark(join(folder, 'closed'));
  const start = async () => {
    const users = await watchUsers({
      path,
      openWithout,
      mark,
      log: (record) => log.push(record),
      clock: () => 0,
    });
    t.after(users.stop);
    return users;
  };
  const users = await start();
  const names = () => {
    const found = users.current();
    return found === undefined ? 'open' : [...found.keys()].join(' ');
  };
  return { folder, path, users, log, names, mark, start };
}

test('a users file that changes is read again, and the log says so', async (t) => {
  const { path, users, names, log } = await follow(t, { text: 'ada:!\n' });
  assert.equal(names(), 'ada');
  await users.look();
  assert.deepEqual(log, []);
  await writeFile(path, 'ada:!\nbob:!\n');
  await users.look();
  assert.equal(names(), 'ada bob');
  assert.deepEqual(
    log.map(({ event, users }) => [event, users]),
    [['users-read', 2]],
  );
});

test('a file that breaks or goes away keeps the users, and the log says so without showing it', async (t) => {
  const { path, users, names, log } = await follow(t, { text: 'ada:!\n' });
  await writeFile(path, 'ada:topsecret\n');
  await users.look();
  assert.equal(names(), 'ada');
  await rm(path);
  await users.look();
  assert.equal(names(), 'ada');
  assert.deepEqual(
    log.map(({ event }) => event),
    ['users-kept', 'users-kept'],
  );
  assert.ok(!JSON.stringify(log).includes('topsecret'));
  await writeFile(path, 'bob:!\n');
  await users.look();
  assert.equal(names(), 'bob');
});

test('a broken file at the start is an error, and not a registry without users', async (t) => {
  await assert.rejects(follow(t, { text: 'ada:plain' }), { code: 'REGISTRY_USERS_INVALID' });
});

test('a file that is not there yet keeps everyone out, or nobody where that is wanted, until it comes', async (t) => {
  for (const [openWithout, before] of [
    [false, ''],
    [true, 'open'],
  ] as const) {
    const { path, users, names } = await follow(t, { openWithout });
    assert.equal(names(), before);
    await writeFile(path, 'ada:!\n');
    await users.look();
    assert.equal(names(), 'ada');
    await rm(path);
    await users.look();
    assert.equal(names(), 'ada', 'once there were users, it never opens again by itself');
  }
});

test('a registry that had users once is never open again, also after a restart, and says so', async (t) => {
  for (const text of ['ada:!\n', undefined]) {
    const { path, users, mark, start, log } = await follow(t, { openWithout: true, ...(text && { text }) });
    if (text === undefined) {
      assert.equal(users.current(), undefined);
      assert.equal(await mark.isSet(), false);
      await writeFile(path, 'ada:!\n');
      await users.look();
    }
    assert.equal(await mark.isSet(), true);
    await rm(path);
    log.length = 0;
    assert.equal((await start()).current()?.size, 0);
    assert.deepEqual(
      log.map(({ event, path }) => [event, path]),
      [['users-missing', path]],
    );
    await rm(mark.path);
    assert.equal((await start()).current(), undefined);
  }
});

test('a users file that was named and is not there is in the log', async (t) => {
  const { log, path } = await follow(t, {});
  assert.deepEqual(
    log.map(({ event, path }) => [event, path]),
    [['users-missing', path]],
  );
});

test('the way Kubernetes swaps a Secret is seen', async (t) => {
  const { folder } = await follow(t, {});
  for (const [name, text] of [
    ['..1', 'ada:!\n'],
    ['..2', 'bob:!\n'],
  ] as const) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'users'), text);
  }
  await symlink('..1', join(folder, '..data'));
  await symlink('..data/users', join(folder, 'users'));
  const log: LogRecord[] = [];
  const users = await watchUsers({
    path: join(folder, 'users'),
    openWithout: false,
    log: (record) => log.push(record),
    clock: () => 0,
  });
  t.after(users.stop);
  assert.ok(users.current()?.has('ada'));
  await symlink('..2', join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await users.look();
  assert.deepEqual([...(users.current()?.keys() ?? [])], ['bob']);
});

test('who was added, changed and removed is in the audit log, without a word of their passwords', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-users-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'users');
  await writeFile(path, 'ada:!\nbob:!\ncyd:!:team/*=pull\ndan:!\n');
  const entries: AuditEntry[] = [];
  const audit = { record: async (entry: AuditEntry) => void entries.push(entry) };
  const users = await watchUsers({ path, openWithout: false, log: () => {}, audit, clock: () => 0 });
  t.after(users.stop);
  assert.equal(entries.length, 0);
  const hash = `$2y$04$${'a'.repeat(53)}`;
  await writeFile(path, `ada:${hash}\ncyd:!:team/*=pull,push\ndan:!\neve:${hash}\n`);
  await users.look();
  assert.deepEqual(
    entries.map(({ action, account }) => [action, account]),
    [
      ['user-change', 'ada'],
      ['user-change', 'cyd'],
      ['user-add', 'eve'],
      ['user-remove', 'bob'],
    ],
  );
  assert.ok(!JSON.stringify(entries).includes('aaaa'));
  await writeFile(path, Array.from({ length: 300 }, (_, n) => `user-${n}:!`).join('\n'));
  await users.look();
  assert.deepEqual([entries.length, entries.at(-1)?.unnamed], [4 + 101, 204]);
});
