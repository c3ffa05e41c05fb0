/**
 * Has V8 compile the pieces of the program once, so that it need not at each start: `node FLAGS compile.ts FOLDER` writes
 * a `.cache` beside each of them. V8 takes these back only under the flags that they were made with.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Pieces } from './pieces.ts';

const [, , folder = ''] = process.argv;
const names = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
const pieces = new Pieces(
  { source: (name) => readFileSync(join(folder, name), 'utf8'), cache: () => undefined },
  createRequire(import.meta.url),
  pathToFileURL(process.execPath).href,
);
// Run as they are for help: what runs then has been compiled, and goes along.
process.argv.splice(2, Number.POSITIVE_INFINITY, '--help');
process.stdout.write = () => true;
for (const name of names) pieces.require(`./${name}`);
process.once('exit', () => {
  for (const name of names)
    writeFileSync(join(folder, `${name}.cache`), pieces.scripts.get(`./${name}`)?.createCachedData() ?? '');
});
