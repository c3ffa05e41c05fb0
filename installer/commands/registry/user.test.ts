import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { suite, type TestContext, test } from 'node:test';
import { z } from 'zod';
import { parsePasswordHash, verifyPassword } from '../../../registry/access/passwords/password-hash.ts';
import { parseUsers } from '../../../registry/access/users-file.ts';
import { openAuditLog } from '../../../registry/audit/audit-log.ts';
import { openServedStore } from '../../../registry/store/open.ts';
import { runCli } from '../../cli.ts';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-user-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a command with something on standard input; gives all that it says. */
async function skerry(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}) {
  const said = { stdout: '', stderr: '' };
  const into = (name: keyof typeof said) =>
    new Writable({
      write(chunk, _encoding, done) {
        said[name] += chunk;
        done();
      },
    });
  const stdin = Object.assign(new PassThrough(), { isTTY: false });
  stdin.end(input);
  const console = { stdin, stdout: into('stdout'), stderr: into('stderr'), env };
  const code = await runCli(['registry', ...args, '--output', 'json'], console);
  return { code, ...said };
}

const Failure = z.object({ error: z.object({ code: z.string() }) });

async function refusal(args: readonly string[], input?: string): Promise<string> {
  const { code, stderr } = await skerry(args, input);
  assert.notEqual(code, 0);
  return Failure.parse(JSON.parse(stderr)).error.code;
}

const Added = z.object({ name: z.string(), permissions: z.string(), secret: z.string().optional() });
const Listed = z.array(z.looseObject({ name: z.string() }));

suite('skerry registry user', () => {
  test('a user has the password that came on standard input, and may do everything', async (t) => {
    const store = await folderFor(t);
    const { code, stdout } = await skerry(['user', 'add', 'ada', '--store', store], 'päss:word\n');
    assert.equal(code, 0);
    assert.deepEqual(Added.parse(JSON.parse(stdout)), { name: 'ada', permissions: 'everything' });
    const path = join(store, 'users');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const account = parseUsers(await readFile(path, 'utf8'), path).get('ada');
    assert.ok(account !== undefined && account.permissions.rules === undefined);
    assert.equal(await verifyPassword('päss:word', account.password), true);
    assert.ok(!stdout.includes('päss:word'));
  });

  test('what changes while no registry runs is in its audit log; a registry that runs sees it by itself', async (t) => {
    const store = await folderFor(t);
    const add = async (name: string) =>
      await skerry(['user', 'add', name, '--store', store, '--replace'], 'päss:word\n');
    await add('ada');
    const opened = await openServedStore(store);
    await add('bob');
    await assert.rejects(stat(join(store, 'audit.log')), { code: 'ENOENT' });
    await opened.close();
    await add('cyd');
    await add('bob');
    await skerry(['user', 'remove', 'ada', '--store', store]);
    const text = await readFile(join(store, 'audit.log'), 'utf8');
    const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    const changes = lines.filter(({ action }) => action !== 'open');
    assert.deepEqual(
      changes.map(({ action, account }) => [action, account]),
      [
        ['user-add', 'cyd'],
        ['user-change', 'bob'],
        ['user-remove', 'ada'],
      ],
    );
    assert.ok(changes.every(({ by }) => by !== undefined) && !text.includes('$scrypt$'));
    assert.equal((await skerry(['audit', 'verify', '--store', store])).code, 0);
  });

  test('a robot has a secret of its own each time, with the rights that it is given', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    const rules = ['--allow', 'team/*=pull,push', '--allow', 'lib/**=pull', '--until', '2027-01-31'];
    const add = async (...more: string[]) => {
      const { stdout } = await skerry(['user', 'add', 'ci', '--users', users, '--robot', ...rules, ...more]);
      return Added.parse(JSON.parse(stdout));
    };
    const [first, second] = [await add(), await add('--replace')];
    assert.notEqual(first.secret, second.secret);
    assert.equal(second.permissions, 'team/*=pull,push lib/**=pull until=2027-01-31');
    const account = parseUsers(await readFile(users, 'utf8'), users).get('ci');
    assert.ok(account !== undefined);
    assert.equal(await verifyPassword(second.secret ?? '', account.password), true);
    assert.equal(await verifyPassword(first.secret ?? '', account.password), false);
  });

  test('users are listed and removed; what stands beside them stays, and no hash is shown', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    await writeFile(users, '# ours\nnode-1:!:**=pull until=2020-01-01\n');
    await skerry(['user', 'add', 'ada', '--users', users], 'x');
    const { stdout } = await skerry(['user', 'list', '--users', users]);
    assert.deepEqual(JSON.parse(stdout), [
      {
        name: 'node-1',
        password: 'none',
        may: [{ repositories: '**', actions: ['pull'] }],
        until: '2020-01-01',
        over: true,
      },
      { name: 'ada', password: 'scrypt', may: 'everything', over: false },
    ]);
    const removed = await skerry(['user', 'remove', 'ada', '--users', users]);
    assert.deepEqual(JSON.parse(removed.stdout), { removed: 'ada', file: users, left: 1 });
    assert.equal(await readFile(users, 'utf8'), '# ours\nnode-1:!:**=pull until=2020-01-01\n');
    assert.equal(await refusal(['user', 'remove', 'ada', '--users', users]), 'REGISTRY_USER_UNKNOWN');
  });

  test('a user who may do everything can have an end too', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    await skerry(['user', 'add', 'guest', '--users', users, '--until', '2027-01-31'], 'x');
    assert.match(
      await readFile(users, 'utf8'),
      /^guest:[^:]+:\*\*=pull,push,delete,list until=2027-01-31\n$/,
    );
  });

  test('a new password leaves the rules and the end as they are', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    const add = async (more: readonly string[], input: string) =>
      Added.parse(
        JSON.parse((await skerry(['user', 'add', 'dev', '--users', users, ...more], input)).stdout),
      );
    await add(['--allow', 'team/**=pull', '--until', '2099-12-31'], 'old');
    const { permissions } = await add(['--replace'], 'new');
    assert.equal(permissions, 'team/**=pull until=2099-12-31');
    const line = await readFile(users, 'utf8');
    assert.match(line, /^dev:[^:]+:team\/\*\*=pull until=2099-12-31\n$/);
    const account = parseUsers(line, users).get('dev');
    assert.ok(account !== undefined && (await verifyPassword('new', account.password)));
    const rules = await add(['--replace', '--allow', 'lib/*=pull'], 'x');
    assert.equal(rules.permissions, 'lib/*=pull until=2099-12-31');
    const end = await add(['--replace', '--until', '2098-01-01'], 'x');
    assert.equal(end.permissions, 'lib/*=pull until=2098-01-01');
    assert.equal((await add(['--replace', '--until', 'never'], 'x')).permissions, 'lib/*=pull');
  });

  test('who may do everything until a day still may when the password is new', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    await skerry(['user', 'add', 'eve', '--users', users, '--until', '2099-12-31'], 'old');
    await skerry(['user', 'add', 'eve', '--users', users, '--replace'], 'new');
    assert.match(await readFile(users, 'utf8'), /:\*\*=pull,push,delete,list until=2099-12-31\n$/);
    await writeFile(users, 'root:!\n');
    await skerry(['user', 'add', 'root', '--users', users, '--replace'], 'new');
    assert.match(await readFile(users, 'utf8'), /^root:[^:]+\n$/);
  });

  test('a robot stays one: it gets no password, and a new secret without its rules being said again', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    const add = ['user', 'add', 'ci', '--users', users];
    await skerry([...add, '--robot', '--allow', 'team/**=pull']);
    const before = await readFile(users, 'utf8');
    assert.equal(await refusal(add, 'password'), 'REGISTRY_USER_EXISTS');
    assert.equal(await refusal([...add, '--replace'], 'password'), 'USAGE');
    assert.equal(await readFile(users, 'utf8'), before);
    const { stdout } = await skerry([...add, '--replace', '--robot']);
    assert.equal(Added.parse(JSON.parse(stdout)).permissions, 'team/**=pull');
    const account = parseUsers(await readFile(users, 'utf8'), users).get('ci');
    assert.ok(account?.isRobot);
    await writeFile(users, 'root:!\n');
    const root = ['user', 'add', 'root', '--users', users, '--replace', '--robot'];
    assert.equal(await refusal(root), 'USAGE', 'what a robot may do was said at least once');
  });

  test('commands at the same time all leave their users', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(names.map((name) => skerry(['user', 'add', name, '--users', users, '--no-password'])));
    assert.deepEqual([...parseUsers(await readFile(users, 'utf8'), users).keys()].sort(), names);
  });

  test('users may come before the folder, and the first closes it, which is said', async (t) => {
    const store = join(await folderFor(t), 'new', 'store');
    const first = await skerry(['user', 'add', 'ada', '--store', store], 'x');
    assert.match(first.stdout, /who only pulls.*--anonymous-pull/s);
    assert.ok((await stat(join(store, 'closed'))).isFile());
    const second = await skerry(['user', 'add', 'bob', '--store', store], 'x');
    assert.doesNotMatch(second.stdout, /anonymous-pull/);
  });

  test('the store may be named in the environment', async (t) => {
    const store = await folderFor(t);
    const env = { SKERRY_STORE: store };
    assert.equal((await skerry(['user', 'add', 'ada'], 'x', env)).code, 0);
    const { stdout } = await skerry(['user', 'list'], '', env);
    assert.deepEqual(
      Listed.parse(JSON.parse(stdout)).map(({ name }) => name),
      ['ada'],
    );
    const log = await openAuditLog({ path: join(store, 'audit.log'), clock: () => 0 });
    await log.close();
    assert.equal((await skerry(['audit', 'verify'], '', env)).code, 0);
  });

  test('a list of what is not there is a mistake; a store without users is not', async (t) => {
    const folder = await folderFor(t);
    const none = join(folder, 'none');
    assert.equal(await refusal(['user', 'list', '--store', none]), 'STORE_NOT_FOUND');
    assert.equal(await refusal(['user', 'list', '--users', none]), 'REGISTRY_USERS_UNUSABLE');
    assert.equal(await refusal(['user', 'list', '--users', folder]), 'REGISTRY_USERS_UNUSABLE');
    assert.equal((await skerry(['user', 'list', '--store', folder])).stdout, '[]\n');
    const add = ['user', 'add', 'ada', '--users', join(none, 'users')];
    assert.equal(await refusal(add, 'x'), 'REGISTRY_USERS_UNUSABLE');
    const file = join(folder, 'file');
    await writeFile(file, '');
    assert.equal(await refusal(['user', 'add', 'ada', '--store', file], 'x'), 'REGISTRY_USERS_UNUSABLE');
  });

  test('a rule without actions and an end that has passed are refused, and it is said what to write', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    const add = ['user', 'add', 'ada', '--users', users, '--no-password'];
    const rule = await skerry([...add, '--allow', 'team/**']);
    assert.match(rule.stderr, /write team\/\*\*=pull/);
    const past = await skerry([...add, '--until', '2020-01-01']);
    assert.match(past.stderr, /has passed/);
    const within = await skerry([...add, '--allow', 'x=pull until=2020-01-01']);
    assert.deepEqual([rule.code, past.code, within.code], [2, 2, 2]);
    await writeFile(users, 'ada:!:**=pull until=2020-01-01\n');
    assert.equal((await skerry([...add, '--replace'])).code, 0, 'an end that is kept is shown, not refused');
  });

  test('what is not clear changes nothing', async (t) => {
    const users = join(await folderFor(t), 'users.txt');
    await skerry(['user', 'add', 'ada', '--users', users], 'x');
    const before = await readFile(users, 'utf8');
    const add = (name: string, ...more: string[]) => ['user', 'add', name, '--users', users, ...more];
    assert.equal(await refusal(add('ada'), 'y'), 'REGISTRY_USER_EXISTS');
    assert.equal(await refusal(add('a:b'), 'y'), 'USAGE');
    assert.equal(await refusal(add('bob'), ''), 'USAGE');
    assert.equal(await refusal(add('bob'), 'two\nlines\n'), 'USAGE');
    assert.equal(await refusal(add('bob'), 'x'.repeat(5000)), 'USAGE');
    assert.equal(await refusal(add('bob', '--robot')), 'USAGE');
    assert.equal(await refusal(add('bob', '--robot', '--allow', 'x=read')), 'USAGE');
    assert.equal(await refusal(add('bob', '--robot', '--allow', 'x=pull', '--until', 'soon')), 'USAGE');
    assert.equal(await refusal(add('bob', '--robot', '--allow', 'x=pull\neve:!')), 'USAGE');
    assert.equal(await refusal(['user', 'list']), 'USAGE');
    assert.equal(await refusal(['user', 'list', '--users', users, '--store', '.']), 'USAGE');
    assert.equal(await readFile(users, 'utf8'), before);
    await writeFile(users, 'ada:plain\n');
    assert.equal(await refusal(add('bob'), 'y'), 'REGISTRY_USERS_INVALID');
    assert.equal(await readFile(users, 'utf8'), 'ada:plain\n');
  });

  test('a hash is made for who writes the file by hand', async () => {
    const { stdout } = await skerry(['hash-password'], 'secret\r\n');
    const hash = parsePasswordHash(stdout.trim());
    assert.ok(hash !== undefined);
    assert.equal(await verifyPassword('secret', hash), true);
  });
});

suite('skerry registry audit verify', () => {
  test('tells how many lines there are and how they end, and finds what was changed', async (t) => {
    const store = await folderFor(t);
    const path = join(store, 'audit.log');
    const log = await openAuditLog({ path, clock: () => 0 });
    await log.record({ action: 'login', result: 'done', user: 'ada' });
    await log.close();
    const { code, stdout } = await skerry(['audit', 'verify', '--store', store]);
    assert.equal(code, 0);
    const { files, lines, head, warnings } = JSON.parse(stdout);
    assert.deepEqual([files, lines, head, warnings], [[path], 2, log.head, []]);
    assert.equal((await skerry(['audit', 'verify', path, '--contains', log.head])).code, 0);
    assert.equal(
      await refusal(['audit', 'verify', path, '--contains', 'a'.repeat(64)]),
      'REGISTRY_AUDIT_BROKEN',
    );
    await writeFile(path, (await readFile(path, 'utf8')).replace('"open"', '"none"'));
    assert.equal((await skerry(['audit', 'verify', path])).code, 3);
    assert.equal(await refusal(['audit', 'verify']), 'USAGE');
    assert.equal(await refusal(['audit', 'verify', path, '--contains', 'x']), 'USAGE');
    assert.equal(await refusal(['audit', 'verify', join(store, 'none')]), 'REGISTRY_AUDIT_UNUSABLE');
  });
});
