import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { bundleCode } from './bundle-code.ts';

const run = promisify(execFile);

/** Tells which of Node's own modules are there once the module is loaded. */
const LOADED =
  'await import(process.argv[1]); process.stdout.write(JSON.stringify(process.moduleLoadList)); process.exit();';

test('an agent and a hub load no second HTTP client, an agent no HTTP/2, and neither the page of the API', {
  timeout: 120_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-code-'));
  t.after(async () => await rm(folder, { recursive: true, force: true }));
  await bundleCode(folder);
  const [agent, hub] = [await loadedBy(folder, 'runAgent'), await loadedBy(folder, 'runHub')];
  const heavy = ['internal/deps/undici/undici', 'http2'];
  assert.ok(agent.has('http') && hub.has('http'));
  assert.deepEqual(
    heavy.filter((name) => agent.has(name)),
    [],
  );
  // The web framework loads HTTP/2 whether it is used or not.
  assert.deepEqual(
    heavy.filter((name) => hub.has(name)),
    ['http2'],
  );
  // In a piece of its own, that nobody loads who looks at no such page.
  const docs = (await readdir(folder)).filter((name) => name.startsWith('docs-files-'));
  assert.equal(docs.length, 1);
  const listed = await run(process.execPath, [
    '--input-type=module',
    '--eval',
    'const { docsFiles } = await import(process.argv[1]); process.stdout.write([...(await docsFiles()).keys()].join());',
    pathToFileURL(join(folder, docs[0] ?? '')).href,
  ]);
  assert.match(listed.stdout, /^swagger-ui-bundle\.js,.*start\.js$/);
});

async function loadedBy(folder: string, exported: string): Promise<ReadonlySet<string>> {
  const { href } = pathToFileURL(await pieceWith(folder, exported));
  const args = ['--input-type=module', '--eval', LOADED, href];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 10_000_000 });
  const names = z.array(z.string()).parse(JSON.parse(stdout));
  return new Set(names.map((name) => name.replace(/^NativeModule /, '')));
}

/** The piece of the code that exports a function by name. */
async function pieceWith(folder: string, exported: string): Promise<string> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('main-') || !name.endsWith('.mjs')) continue;
    const path = join(folder, name);
    if (new RegExp(`export\\{[^}]*\\b${exported}\\b`).test(await readFile(path, 'utf8'))) return path;
  }
  return assert.fail(`no piece exports ${exported}`);
}
