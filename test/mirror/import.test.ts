import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFolder } from '../../content/testing/folder.ts';
import { SKERRY } from '../registry/clients/served-store.ts';
import { failureOf, run } from '../registry/skerry-process.ts';

const REGSYNC = `version: 1
sync:
  - source: registry.example/team/app:v1
    target: other.example/team/app:v1
    type: image
`;

test('an import writes a mirror file, and over no other file', async () => {
  const folder = await testFolder('import');
  const [from, out] = [join(folder, 'regsync.yml'), join(folder, 'mirror.yaml')];
  await writeFile(from, REGSYNC);
  const [node, program] = SKERRY;
  const imported = async (to: string) =>
    await run(node, [program, 'mirror', 'import', from, '--out', to, '--output', 'json'], {
      env: { HOME: folder },
    });
  assert.equal((await imported(out)).exitCode, 0);
  const edited = `${await readFile(out, 'utf8')}# edited\n`;
  await writeFile(out, edited);
  for (const there of [out, from]) {
    const refused = await imported(there);
    assert.deepEqual([refused.exitCode, failureOf(refused).code], [2, 'USAGE']);
  }
  assert.equal(await readFile(out, 'utf8'), edited);
  assert.equal(await readFile(from, 'utf8'), REGSYNC);
});
