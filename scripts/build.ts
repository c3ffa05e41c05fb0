/**
 * Builds what ships: `dist/skerry.mjs`, all code in one file for Node, and `dist/skerry`, one executable with Node in
 * it. `--no-executable` stops after the first.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { NODE_FLAGS } from '../manifests/node-flags.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

await mkdir(dist, { recursive: true });
await bundleCode();
if (!process.argv.includes('--no-executable')) await makeExecutable();

async function bundleCode(): Promise<void> {
  const hashWorker = await bundleWorker(join(root, 'registry', 'hash', 'hash-worker.ts'));
  const bcryptWorker = await bundleWorker(join(root, 'registry', 'access', 'bcrypt-worker.ts'));
  await build({
    define: { HASH_WORKER: JSON.stringify(hashWorker), BCRYPT_WORKER: JSON.stringify(bcryptWorker) },
    entryPoints: [join(root, 'skerry.ts')],
    outfile: join(dist, 'skerry.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'linked',
    logLevel: 'warning',
    // CommonJS packages in the bundle ask for require, which modules don't have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
}

// A thread begins with a file, and there is only the one: its code goes along as a string.
async function bundleWorker(path: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path],
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    minify: true,
    logLevel: 'warning',
  });
  return outputFiles.map(({ text }) => text).join('');
}

async function makeExecutable(): Promise<void> {
  const settings = join(dist, `sea.${process.pid}.json`);
  // Under another name first: the program may be running, or be wanted by somebody else right now.
  const output = join(dist, `skerry.${process.pid}.new`);
  await writeFile(
    settings,
    JSON.stringify({
      main: join(dist, 'skerry.mjs'),
      mainFormat: 'module',
      output,
      disableExperimentalSEAWarning: true,
      // V8 does not compile at each start what it has compiled here.
      useCodeCache: true,
      execArgv: NODE_FLAGS,
    }),
  );
  // V8 takes back only what it compiled under the same flags.
  await run(process.execPath, [...NODE_FLAGS, `--build-sea=${settings}`]);
  await rm(settings);
  await chmod(output, 0o755);
  await rename(output, join(dist, 'skerry'));
}
