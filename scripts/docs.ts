/**
 * Writes every document that follows from the code. A test fails while a committed one is stale; `npm run docs` mends it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { references } from './references.ts';

const root = join(import.meta.dirname, '..');

for (const [path, text] of await references()) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
