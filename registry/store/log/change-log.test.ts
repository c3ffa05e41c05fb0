import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Transaction } from './change.ts';
import { ChangeLog, type LogPosition } from './change-log.ts';
import { LogReader } from './log-reader.ts';
import { writeLog } from './new-log.ts';

function tagged(name: string): Transaction {
  return [{ op: 'drop-tag', repository: 'r', tag: name, at: 1 }];
}

async function newLog(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-log-'));
  const path = join(folder, 'registry.log');
  const { file, end } = await writeLog(path, []);
  const applied: string[] = [];
  let position: LogPosition = end;
  const log = new ChangeLog(path, file, end, (entries, to) => {
    applied.push(...entries.flatMap(({ changes }) => namesOf(changes)));
    position = to;
  });
  context.after(async () => {
    await log.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    log,
    folder,
    applied,
    get position() {
      return position;
    },
    moveTo: (to: LogPosition) => {
      position = to;
    },
    read: async () => {
      const reader = await LogReader.open(path);
      assert.ok(reader);
      const names: string[] = [];
      for await (const transaction of reader.read()) names.push(...namesOf(transaction));
      await reader.file.close();
      return { names, generation: reader.generation, end: reader.end, size: reader.size };
    },
  };
}

function namesOf(changes: Transaction): string[] {
  return changes.flatMap((change) => (change.op === 'drop-tag' ? [change.tag] : []));
}

describe('who has the log for himself', () => {
  test('is alone from the first step on', async (context) => {
    const site = await newLog(context);
    let other: Promise<void> | undefined;
    await site.log.exclusively(async (append) => {
      other = site.log.append({ changes: tagged('other') });
      await append({ changes: tagged('own') });
    });
    await other;
    assert.deepEqual((await site.read()).names, ['own', 'other']);
  });

  test('finds all applied that came before, and nothing comes between', async (context) => {
    const site = await newLog(context);
    const before = ['a', 'b', 'c'].map((name) => site.log.append({ changes: tagged(name) }));
    const seen: string[][] = [];
    const alone = site.log.exclusively(async (append) => {
      seen.push([...site.applied]);
      await append({ changes: tagged('mine') });
      await new Promise((resolve) => setImmediate(resolve));
      seen.push([...site.applied]);
      await append({ changes: tagged('mine-too') });
      return 'done';
    });
    const after = ['d', 'e'].map((name) => site.log.append({ changes: tagged(name) }));
    assert.equal(await alone, 'done');
    await Promise.all([...before, ...after]);
    const all = ['a', 'b', 'c', 'mine', 'mine-too', 'd', 'e'];
    const [first = [], second = []] = seen;
    assert.deepEqual(second, [...first, 'mine']);
    assert.deepEqual((await site.read()).names, site.applied);
    assert.deepEqual(new Set(site.applied), new Set(all));
  });

  test('can take back what is durable already, and nothing of it comes back', async (context) => {
    const site = await newLog(context);
    const said = await site.log.exclusively(async (append) => [
      await append({ changes: tagged('kept') }),
      await append({ changes: tagged('refused') }, () => false),
    ]);
    await site.log.append({ changes: tagged('later') });
    assert.deepEqual(said, [true, false]);
    assert.deepEqual(site.applied, ['kept', 'later']);
    assert.deepEqual((await site.read()).names, ['kept', 'later']);
  });

  test('hands it on when the work fails', async (context) => {
    const site = await newLog(context);
    const failing = site.log.exclusively(() => Promise.reject(new Error('failed')));
    const after = site.log.append({ changes: tagged('a') });
    await assert.rejects(failing, /failed/);
    await after;
    assert.deepEqual(site.applied, ['a']);
  });

  test('comes to his turn however much is appended', async (context) => {
    const site = await newLog(context);
    let stop = false;
    const busy = Array.from({ length: 4 }, async (_, index) => {
      for (let n = 0; !stop; n++) await site.log.append({ changes: tagged(`t${index}-${n}`) });
    });
    for (let n = 0; n < 5; n++) await site.log.exclusively(async () => {});
    stop = true;
    await Promise.all(busy);
    assert.deepEqual((await site.read()).names, site.applied);
  });
});

describe('a log that is written anew', () => {
  test('holds what it was given and all that was appended meanwhile', async (context) => {
    const site = await newLog(context);
    for (const name of ['a', 'b', 'c']) await site.log.append({ changes: tagged(name) });
    const from = site.position;
    const appended: Promise<void>[] = [];
    async function* shorter() {
      yield tagged('abc');
      appended.push(site.log.append({ changes: tagged('d') }));
      await appended[0];
      appended.push(site.log.append({ changes: tagged('e') }));
    }
    await site.log.rewrite(shorter(), from, site.moveTo);
    await Promise.all(appended);
    await site.log.append({ changes: tagged('f') });
    const found = await site.read();
    assert.deepEqual(found.names, ['abc', 'd', 'e', 'f']);
    assert.deepEqual(site.position, { generation: found.generation, offset: found.size });
    assert.notEqual(found.generation, from.generation);
    assert.deepEqual(await readdir(site.folder), ['registry.log']);
  });

  test('leaves the log as it was when its new content can not be had', async (context) => {
    const site = await newLog(context);
    await site.log.append({ changes: tagged('a') });
    async function* failing() {
      yield tagged('x');
      throw new Error('no more');
    }
    await assert.rejects(site.log.rewrite(failing(), site.position, site.moveTo), /no more/);
    await site.log.append({ changes: tagged('b') });
    assert.deepEqual((await site.read()).names, ['a', 'b']);
    assert.deepEqual(await readdir(site.folder), ['registry.log']);
  });
});
