/**
 * Builds what ships: `dist/code`, the code for Node, in pieces of which each command loads its own, since Node keeps in
 * memory what it has read; and `dist/skerry`, one executable with Node and all of these in it. `--no-executable` makes
 * no executable.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCode } from './bundle-code.ts';
import { makeExecutable } from './executable/executable.ts';

const dist = join(import.meta.dirname, '../dist');
const code = join(dist, 'code');

await mkdir(dist, { recursive: true });
await bundleCode(code);
if (!process.argv.includes('--no-executable')) await makeExecutable(code, join(dist, 'skerry'));
