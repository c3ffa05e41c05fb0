import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { completionScript, SHELLS } from '../installer/commands/completion.ts';
import { buildConsole } from '../platform/console/build.ts';
import { packageFiles } from '../platform/hub/api-docs/package-files.ts';
import { packFiles } from '../platform/hub/http/embedded-file.ts';
import { schemaBytes } from '../platform/provider/schema/schema-bytes.ts';
import { leanPackages } from './lean-packages.ts';
import { wholeProgram } from './program.ts';

const root = join(import.meta.dirname, '..');

/** All code in pieces in a folder: `skerry.mjs` and what it loads. */
export async function bundleCode(folder: string): Promise<void> {
  // Pieces are named by their content: those of an earlier build must not come along.
  await rm(folder, { recursive: true, force: true });
  await build({ ...(await settings()), outdir: folder, splitting: true });
}

async function settings(): Promise<BuildOptions> {
  const hashWorker = await bundleWorker(join(root, 'content', 'bytes', 'hash', 'hash-worker.ts'));
  const bcryptWorker = await bundleWorker(join(root, 'registry', 'access', 'passwords', 'bcrypt-worker.ts'));
  const program = await wholeProgram();
  const scripts = Object.fromEntries(SHELLS.map((shell) => [shell, completionScript(shell, program)]));
  return {
    define: {
      HASH_WORKER: JSON.stringify(hashWorker),
      BCRYPT_WORKER: JSON.stringify(bcryptWorker),
      API_DOCS_FILES: JSON.stringify(packFiles(await packageFiles())),
      CONSOLE_FILES: JSON.stringify(packFiles(await buildConsole())),
      COMPLETION_SCRIPTS: JSON.stringify(JSON.stringify(scripts)),
      PROVIDER_SCHEMA: JSON.stringify(Buffer.from(schemaBytes()).toString('base64')),
      // How undici is asked to come without its experimental parser.
      esbuildDetection: 'true',
    },
    entryPoints: [join(root, 'skerry.ts')],
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    plugins: [leanPackages(root)],
    legalComments: 'linked',
    // Native code can't be in the file: it is loaded where npm has installed it, and done without elsewhere.
    external: ['@napi-rs/keyring'],
    logLevel: 'warning',
    // CommonJS packages in the bundle ask for require, which modules don't have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  };
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
