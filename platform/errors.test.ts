import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { platformError } from './errors.ts';

test('every code of the platform is named in a test', async () => {
  const root = join(import.meta.dirname, '..');
  const texts: string[] = [];
  for await (const path of glob('{platform,test}/**/*.test.ts', { cwd: root }))
    texts.push(await readFile(join(root, path), 'utf8'));
  const all = texts.join('\n');
  const untested = Object.keys(platformError.table).filter((name) => !new RegExp(`\\b${name}\\b`).test(all));
  assert.deepEqual(untested, []);
});
