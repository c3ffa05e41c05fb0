import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, test } from 'node:test';
import { testFolder } from '../content/testing/folder.ts';
import { sweepScratch, withScratch } from './scratch.ts';

const OWNER = '.owner.json';

describe('scratch folders', () => {
  let base: string;
  beforeEach(async () => {
    base = await testFolder('scratch');
  });

  test('a folder is there while work is done in it, and gone when it ends well or badly', async () => {
    const seen = await withScratch(base, async (folder) => {
      await writeFile(join(folder, 'x'), 'x');
      return await readdir(base);
    });
    assert.equal(seen.length, 1);
    await assert.rejects(withScratch(base, async () => assert.fail('badly')));
    assert.deepEqual(await readdir(base), []);
  });

  test('what a killed process left is swept by the next one', async () => {
    const script = `
      import { withScratch } from ${JSON.stringify(join(import.meta.dirname, 'scratch.ts'))};
      await withScratch(${JSON.stringify(base)}, async () => {
        console.log('ready');
        await new Promise((resolve) => setInterval(resolve, 1e9));
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    await once(child.stdout, 'data');
    const [left = ''] = await readdir(base);
    const later = Date.now() + 3_600_000;
    assert.deepEqual(await sweepScratch(base, later), [], 'its process still runs');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(await sweepScratch(base), [], 'it is too young');
    assert.deepEqual(await sweepScratch(base, later), [join(base, left)]);
    assert.deepEqual(await readdir(base), []);
  });

  const others: [string, string, object | string | undefined][] = [
    ['of another machine', 'skerry-a', { host: 'elsewhere' }],
    ['of another world of process ids', 'skerry-a', { pids: 'pid:[1]' }],
    ['without an owner', 'skerry-a', undefined],
    ['with an unreadable owner', 'skerry-a', '{'],
    ['of another name', 'other-a', {}],
  ];
  for (const [what, name, owner] of others) {
    test(`a folder ${what} is left alone`, async () => {
      await leave(name, owner);
      assert.deepEqual(await sweepScratch(base, Date.now() + 3_600_000), []);
    });
  }

  test('one whose process id was given again, and one of an earlier boot, are swept', async () => {
    await leave('skerry-again', { started: '1', pid: process.pid });
    await leave('skerry-boot', { boot: 'an earlier one', pid: process.pid });
    assert.equal((await sweepScratch(base, Date.now() + 3_600_000)).length, 2);
  });

  /** A folder as a process that is gone leaves it, but for what `owner` says. */
  async function leave(name: string, owner: object | string | undefined): Promise<void> {
    const folder = join(base, name);
    await mkdir(folder);
    const real = await withScratch(await testFolder('scratch'), (own) => readFile(join(own, OWNER), 'utf8'));
    const gone = { ...JSON.parse(real), pid: 2 ** 30 };
    if (owner !== undefined)
      await writeFile(
        join(folder, OWNER),
        typeof owner === 'string' ? owner : JSON.stringify({ ...gone, ...owner }),
      );
    await utimes(folder, new Date(0), new Date(0));
  }
});
