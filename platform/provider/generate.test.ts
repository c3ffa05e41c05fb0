import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { generatedKinds, KINDS_FILE } from './generate.ts';

// Formatting changes white space, commas, quotes and parentheses alone.
const bare = (source: string) => source.replace(/[\s,;'"\\|()]/g, '');

test('the kinds of the provider are what npm run docs makes of platform/api', async () => {
  const found = await readFile(KINDS_FILE, 'utf8');
  assert.ok(bare(found) === bare(generatedKinds()), 'kinds.ts is stale: run npm run docs');
});
