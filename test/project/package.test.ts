import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { projectFiles } from './project-files.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const PackReport = z.tuple([z.object({ files: z.array(z.object({ path: z.string(), mode: z.int() })) })]);
const LockFile = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      resolved: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

describe('the package', () => {
  before(async () => {
    const built = await access(join(ROOT, 'dist/code/skerry.mjs')).then(
      () => true,
      () => false,
    );
    if (!built)
      await run(process.execPath, [join(ROOT, 'scripts/build.ts'), '--no-executable'], { cwd: ROOT });
  });

  test('ships the program, its licences and the README, and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT });
    const [{ files }] = PackReport.parse(JSON.parse(stdout));
    const paths = files.map(({ path }) => path);
    const isCode = (path: string) => /^dist\/code\/[\w.-]+\.mjs(?:\.LEGAL\.txt)?$/.test(path);
    assert.deepEqual(paths.filter((path) => !isCode(path)).sort(), ['LICENSE', 'README.md', 'package.json']);
    assert.ok(paths.includes(packageJson.bin.skerry));
  });

  test('ships a program that starts', async () => {
    const { stdout } = await run(process.execPath, [join(ROOT, packageJson.bin.skerry), '--version']);
    assert.equal(stdout.trim(), packageJson.version);
  });

  test('is under the licence that it says', async () => {
    const license = await readFile(join(ROOT, 'LICENSE'), 'utf8');
    assert.equal(packageJson.license, 'Apache-2.0');
    assert.match(license, /Apache License\s+Version 2\.0, January 2004/);
  });

  test('pins every dependency to one version', () => {
    const { dependencies, devDependencies, optionalDependencies } = packageJson;
    const loose = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    assert.deepEqual(loose, []);
  });

  test('takes dependencies from whatever registry npm is set to: its lock file names none', async () => {
    const lock = LockFile.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
    const named = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined);
    assert.deepEqual(named, []);
  });
});

describe('npm test', () => {
  // A registry that lacks some of them makes npm leave them out when it writes the file, and npm ci refuse it.
  test('finds every package for every platform in the lock file', async () => {
    const { packages } = LockFile.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    assert.deepEqual(
      wanted.filter((name) => packages[`node_modules/${name}`] === undefined),
      [],
    );
  });

  test('runs every test file just once', async () => {
    const { 'test:unit': unit, 'test:real': real, 'test:more': more } = packageJson.scripts;
    const patterns = [...`${unit} ${real} ${more}`.matchAll(/'([^']+)'/g)].map(([, pattern = '']) => pattern);
    const tests = (await projectFiles(ROOT)).filter((path) => path.endsWith('.test.ts'));
    const odd = tests
      .map((path) => ({ path, runs: patterns.filter((pattern) => matchesGlob(path, pattern)).length }))
      .filter(({ runs }) => runs !== 1);
    assert.ok(tests.length > 0);
    assert.deepEqual(odd, []);
  });
});
