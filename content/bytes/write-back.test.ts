import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { WriteBack } from './write-back.ts';

const folder = await mkdtemp(join(tmpdir(), 'skerry-write-back-'));
after(() => rm(folder, { recursive: true, force: true }));

const ENOUGH = 64 * 1024 * 1024;

test('the disk is asked while bytes come in, and once more at the end', async () => {
  const { file, asked } = await watched('asked');
  const writeBack = new WriteBack(file);
  writeBack.wrote(ENOUGH - 1);
  assert.deepEqual(asked, []);
  writeBack.wrote(1);
  await writeBack.finish();
  assert.deepEqual(asked, ['datasync', 'sync']);
  await file.close();
});

for (const call of ['datasync', 'sync'] as const) {
  test(`when ${call} fails nothing is left that another try could take for good`, async () => {
    const { file, path } = await watched(`failed-${call}`, call);
    const writeBack = new WriteBack(file);
    writeBack.wrote(ENOUGH);
    await assert.rejects(writeBack.finish(), /disk is broken/);
    await file.close();
    assert.equal((await readFile(path)).byteLength, 0);
  });
}

test('an error that came while bytes came in is not forgotten', async () => {
  const { file } = await watched('remembered', 'datasync');
  const writeBack = new WriteBack(file);
  writeBack.wrote(ENOUGH);
  await assert.rejects(writeBack.settle(), /disk is broken/);
  await assert.rejects(writeBack.finish(), /disk is broken/);
  await file.close();
});

/** A file with some bytes, one of whose calls may fail. */
async function watched(name: string, broken?: 'datasync' | 'sync') {
  const path = join(folder, name);
  const file = await open(path, 'w');
  await file.writeFile('some bytes');
  const asked: string[] = [];
  for (const call of ['datasync', 'sync'] as const) {
    const real = file[call].bind(file);
    file[call] = async () => {
      asked.push(call);
      if (call === broken) throw new Error('the disk is broken');
      await real();
    };
  }
  return { file, path, asked };
}
