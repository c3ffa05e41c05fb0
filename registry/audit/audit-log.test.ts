import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { CHAIN_START } from '../../content/chain/chain.ts';
import { verifyChain } from '../../content/chain/verify-chain.ts';
import type { AuditEntry } from './audit.ts';
import { openAuditLog } from './audit-log.ts';

async function pathFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'audit.log');
}

/** Opens the log, writes a line for each name, closes it; gives the hash of the last line. */
async function write(path: string, ...users: string[]): Promise<string> {
  const log = await openAuditLog({ path, clock: () => 0 });
  for (const user of users) await log.record(login(user));
  await log.close();
  return log.head;
}

function login(user: string): AuditEntry {
  return { action: 'login', result: 'done', user };
}

async function usersIn(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return [...text.matchAll(/^\{.*"user":"([^"]*)".*\}$/gm)].flatMap(([, user]) => user ?? []);
}

suite('the audit log', () => {
  test('has a line for each entry, chained to the line before, for its owner alone', async (t) => {
    const path = await pathFor(t);
    const head = await write(path, 'ada', 'bob');
    const [open, ada] = (await readFile(path, 'utf8'))
      .split('\n')
      .map((line) => (line === '' ? {} : JSON.parse(line)));
    assert.deepEqual([open.action, open.prev, open.time], ['open', CHAIN_START, '1970-01-01T00:00:00.000Z']);
    assert.deepEqual([ada.user, ada.prev.length], ['ada', 64]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await verifyChain([path]), {
      records: 3,
      head,
      broken: undefined,
      cuts: { first: [], count: 0 },
      unfinished: undefined,
      after: undefined,
      empty: [],
    });
  });

  test('goes on where it ended', async (t) => {
    const path = await pathFor(t);
    const first = await write(path, 'ada');
    const second = await write(path, 'bob');
    assert.deepEqual(await usersIn(path), ['ada', 'bob']);
    const { records, head, broken } = await verifyChain([path], first);
    assert.deepEqual([records, head, broken], [4, second, undefined]);
  });

  test('keeps every line of many that are written at once, in order', async (t) => {
    const path = await pathFor(t);
    const log = await openAuditLog({ path, clock: () => 0 });
    const users = Array.from({ length: 3000 }, (_, n) => `user-${n}`);
    await Promise.all(users.map((user) => log.record(login(user))));
    await log.close();
    assert.deepEqual(await usersIn(path), users);
    assert.equal((await verifyChain([path])).broken, undefined);
  });

  test('a line that a crash cut short is kept, and owned up to by the next', async (t) => {
    const path = await pathFor(t);
    await write(path, 'ada');
    await appendFile(path, '{"time":"1970-01-01T00:0');
    const unfinished = await verifyChain([path]);
    assert.deepEqual(
      [unfinished.records, unfinished.broken, unfinished.unfinished],
      [2, undefined, { file: path, line: 3 }],
    );
    await write(path, 'bob');
    const { records, broken, cuts, unfinished: none } = await verifyChain([path]);
    assert.deepEqual([records, broken, none], [4, undefined, undefined]);
    assert.deepEqual(cuts, {
      first: [{ file: path, line: 3, noticed: '1970-01-01T00:00:00.000Z' }],
      count: 1,
    });
    assert.match(await readFile(path, 'utf8'), /00:0\n\{[^\n]*"action":"open"[^\n]*"torn":"[0-9a-f]{64}"/);
  });

  test('several lines that were cut short, one after the other, are owned up to together', async (t) => {
    const path = await pathFor(t);
    for (const cut of ['{"time', '{"time\n{"ti', '{\n', '{"time":"19\0\0\0']) {
      await write(path, 'ada');
      await appendFile(path, cut);
    }
    await write(path, 'ada', 'bob');
    const { broken, cuts } = await verifyChain([path]);
    assert.deepEqual([broken, cuts.count], [undefined, 5]);
    assert.equal((await usersIn(path)).length, 6);
  });

  test('what was cut short hides nothing that was cut out', async (t) => {
    const path = await pathFor(t);
    await write(path, 'ada', 'bob');
    await appendFile(path, '{"time');
    await write(path, 'cyd');
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    for (const changed of [
      lines.toSpliced(2, 1),
      lines.toSpliced(3, 1),
      lines.with(3, '{"tim'),
      lines.toSpliced(3, 0, 'x'),
    ]) {
      await writeFile(path, `${changed.join('\n')}\n`);
      assert.notEqual((await verifyChain([path])).broken, undefined);
    }
  });

  test('a file that is no audit log is not written to', async (t) => {
    const path = await pathFor(t);
    const other = 'something else\n'.repeat(10_000);
    await writeFile(path, other);
    await assert.rejects(openAuditLog({ path, clock: () => 0 }), { code: 'REGISTRY_AUDIT_UNUSABLE' });
    assert.equal(await readFile(path, 'utf8'), other);
  });

  test('a whole line whose line feed is missing loses nothing', async (t) => {
    const path = await pathFor(t);
    await write(path, 'ada');
    await writeFile(path, (await readFile(path, 'utf8')).trimEnd());
    await write(path, 'bob');
    assert.deepEqual(await usersIn(path), ['ada', 'bob']);
    assert.equal((await verifyChain([path])).broken, undefined);
  });

  test('when the file is moved away, the chain goes on in a new one', async (t) => {
    const path = await pathFor(t);
    const log = await openAuditLog({ path, clock: () => 0 });
    await log.record(login('ada'));
    await rename(path, `${path}.1`);
    await log.record(login('bob'));
    await log.close();
    assert.deepEqual([await usersIn(`${path}.1`), await usersIn(path)], [['ada'], ['bob']]);
    const { records, head, broken } = await verifyChain([`${path}.1`, path]);
    assert.deepEqual([records, head, broken], [4, log.head, undefined]);
    assert.deepEqual((await verifyChain([path, `${path}.1`])).broken?.file, `${path}.1`);
  });

  test('the new file alone is checked from where it goes on, and says from what', async (t) => {
    const path = await pathFor(t);
    const log = await openAuditLog({ path, clock: () => 0 });
    await log.record(login('ada'));
    const noted = log.head;
    await rename(path, `${path}.1`);
    for (const user of ['bob', 'cyd']) await log.record(login(user));
    await log.close();
    const { records, broken, after } = await verifyChain([path], noted);
    assert.deepEqual([records, broken, after], [3, undefined, noted]);
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, lines.slice(1).join('\n'));
    assert.match((await verifyChain([path])).broken?.why ?? '', /earlier file/);
    assert.notEqual((await verifyChain([`${path}.1`, path])).broken, undefined);
  });

  test('a file that was begun while nothing ran is said to be a chain of its own', async (t) => {
    const path = await pathFor(t);
    await write(path, 'ada');
    await rename(path, `${path}.1`);
    await write(path, 'bob');
    assert.match((await verifyChain([`${path}.1`, path])).broken?.why ?? '', /chain of its own/);
    for (const each of [path, `${path}.1`]) assert.equal((await verifyChain([each])).broken, undefined);
  });

  test('a log that can’t be opened is an error, and so is a line that can’t be written', async (t) => {
    const path = await pathFor(t);
    await assert.rejects(openAuditLog({ path: join(path, 'under', 'nothing'), clock: () => 0 }), {
      code: 'REGISTRY_AUDIT_UNUSABLE',
    });
    const log = await openAuditLog({ path, clock: () => 0 });
    await log.close();
    await assert.rejects(log.record(login('ada')));
  });
});

suite('a full disk', () => {
  test('keeps no registry from starting, and no line is told as written', async () => {
    const log = await openAuditLog({ path: '/dev/full', clock: () => 0 });
    await assert.rejects(log.record(login('ada')), { code: 'ENOSPC' });
    assert.equal(log.head, CHAIN_START);
    await log.close().catch(() => undefined);
  });
});

suite('the check of an audit log', () => {
  const changes: readonly [string, (lines: string[]) => string[]][] = [
    ['a line that was changed', (lines) => lines.map((line) => line.replace('"bob"', '"eve"'))],
    ['a line that was cut out', (lines) => lines.toSpliced(2, 1)],
    ['the beginning that was cut off', (lines) => lines.slice(1)],
    ['two lines that were swapped', ([a = '', b = '', c = '', ...more]) => [a, c, b, ...more]],
    ['a line that was put in', (lines) => lines.toSpliced(2, 0, lines[1] ?? '')],
    ['a line that is none', (lines) => lines.toSpliced(2, 1, 'nothing')],
    ['an empty line', (lines) => lines.toSpliced(2, 0, '')],
  ];
  for (const [what, change] of changes) {
    test(`finds ${what}`, async (t) => {
      const path = await pathFor(t);
      await write(path, 'ada', 'bob', 'cyd');
      const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
      assert.equal((await verifyChain([path])).broken, undefined);
      await writeFile(path, `${change(lines).join('\n')}\n`);
      assert.notEqual((await verifyChain([path])).broken, undefined);
    });
  }

  test('finds an end that was cut off, by a head that was noted before', async (t) => {
    const path = await pathFor(t);
    const noted = await write(path, 'ada', 'bob');
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, `${lines.slice(0, 2).join('\n')}\n`);
    assert.equal((await verifyChain([path])).broken, undefined);
    assert.notEqual((await verifyChain([path], noted)).broken, undefined);
    await write(path, 'eve');
    assert.notEqual((await verifyChain([path], noted)).broken, undefined);
  });

  test('finds what is no part of a record at the end, also once it was owned up to', async (t) => {
    for (const more of ['garbage', 'garbage\n', '\n', '{"user":"eve"']) {
      const path = await pathFor(t);
      await write(path, 'ada');
      await appendFile(path, more);
      assert.equal((await verifyChain([path])).broken?.line, 3, more);
      await write(path, 'bob');
      assert.equal((await verifyChain([path])).broken?.line, 3, more);
    }
  });

  test('says of files without a record that there is none', async (t) => {
    const path = await pathFor(t);
    await writeFile(path, '');
    const { records, broken, empty } = await verifyChain([path]);
    assert.deepEqual([records, broken, empty], [0, undefined, [path]]);
    await writeFile(path, 'root:x');
    assert.notEqual((await verifyChain([path])).broken, undefined);
    await assert.rejects(openAuditLog({ path, clock: () => 0 }), { code: 'REGISTRY_AUDIT_UNUSABLE' });
  });

  test('waits for the end of a line that is just being written', async (t) => {
    const path = await pathFor(t);
    await write(path, 'ada', 'bob');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, -40));
    const checking = verifyChain([path]);
    setTimeout(() => void appendFile(path, text.slice(-40)), 20);
    const { records, unfinished } = await checking;
    assert.deepEqual([records, unfinished], [3, undefined]);
  });

  test('takes a line of any length without keeping it', async (t) => {
    const path = await pathFor(t);
    await writeFile(path, Buffer.alloc(3 * 1024 * 1024, 'x'));
    assert.notEqual((await verifyChain([path])).broken, undefined);
  });
});
