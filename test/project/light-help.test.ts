import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dirname, join as joinPosix } from 'node:path/posix';
import { describe, test } from 'node:test';
import { importsOf } from './imports.ts';
import { loadedWith } from './loaded.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Where commands are named; each import() in them is the code of one, which its help loads whole. */
const NAMED_IN = [
  'installer/cli.ts',
  'installer/commands/registry.ts',
  'commands.ts',
  'platform/client/commands.ts',
];
/** These parse what stands on a command line; every other package is for what a command does. */
const LIGHT = ['commander', 'semver'];
/** Node's own modules that take their time and memory. */
const HEAVY = [
  ...['child_process', 'crypto', 'dns/promises', 'http', 'http2', 'https', 'inspector', 'net', 'readline'],
  ...['readline/promises', 'sqlite', 'tls', 'vm', 'worker_threads', 'zlib'],
].map((name) => `node:${name}`);

describe('the help of a command', () => {
  const commands = NAMED_IN.flatMap((path) =>
    importsOf(path, read(path)).flatMap(({ specifier, loads }) =>
      loads === 'later' && specifier !== undefined ? [joinPosix(dirname(path), specifier)] : [],
    ),
  );

  test('is looked for where commands are', () => {
    for (const path of ['installer/commands/copy.ts', 'platform/client/commands/login.ts'])
      assert.ok(commands.includes(path), path);
    assert.ok(commands.length >= 40, `${commands.length} commands`);
  });

  for (const path of new Set(['skerry.ts', ...commands]))
    test(`loads nothing but its options: ${path}`, () => assert.deepEqual(heavyWith(path), []));

  test('would be found to load more: what copy does stands on an HTTP client', () => {
    const found = loadedWith('installer/commands/run/copy.ts', read);
    for (const name of ['undici', 'zod', 'node:crypto']) assert.ok(found.has(name), name);
  });
});

describe('what a file loads', () => {
  const files: Record<string, string> = {
    'a.ts': "import type { B } from './types-only.ts';\nimport { c } from './c.ts';\nawait import('later');",
    'c.ts': "export * from './d.ts';\nexport type { E } from 'types';\nimport { type F } from 'effects';",
    'd.ts': "import './a.ts';\nimport json from './package.json' with { type: 'json' };\nimport 'node:tls';",
  };

  test('is what it imports, and what that imports, but no types and nothing later', () => {
    const found = loadedWith('a.ts', (path) => files[path] ?? assert.fail(path));
    assert.deepEqual(Object.fromEntries(found), {
      effects: ['a.ts', 'c.ts'],
      'node:tls': ['a.ts', 'c.ts', 'd.ts'],
    });
  });
});

/** Each with the files that lead to it. */
function heavyWith(path: string): string[] {
  return [...loadedWith(path, read)]
    .filter(([name]) => (name.startsWith('node:') ? HEAVY.includes(name) : !LIGHT.includes(name)))
    .map(([name, way]) => [...way, name].join(' > '));
}
