import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { build, transform } from 'esbuild';
import { NODE_FLAGS } from '../../manifests/node-flags.ts';
import { pack } from './pack.ts';

const run = promisify(execFile);

/** Makes one executable, `path`, of the code in pieces in a folder: Node with all of them in it, compiled beforehand. */
export async function makeExecutable(code: string, path: string): Promise<void> {
  const work = `${path}.${process.pid}.work`;
  const pieces = join(work, 'pieces');
  await rm(work, { recursive: true, force: true });
  await mkdir(pieces, { recursive: true });
  try {
    await makePieces(code, pieces);
    await run(process.execPath, [...NODE_FLAGS, join(import.meta.dirname, 'compile.ts'), pieces]);
    await writeFile(join(work, 'code'), pack(await filesIn(pieces)));
    await bundleMain(join(work, 'main.cjs'));
    // Under another name first: the program may be running, or be wanted by somebody else right now.
    const output = join(work, 'skerry');
    const settings = join(work, 'sea.json');
    await writeFile(
      settings,
      JSON.stringify({
        main: join(work, 'main.cjs'),
        output,
        disableExperimentalSEAWarning: true,
        useCodeCache: true,
        execArgv: NODE_FLAGS,
        assets: { code: join(work, 'code') },
      }),
    );
    await run(process.execPath, [...NODE_FLAGS, `--build-sea=${settings}`]);
    await copyInParts(output, `${output}.new`);
    await rename(`${output}.new`, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The same code as functions of `exports, require, module` and its own address, as an executable can't load modules. */
async function makePieces(code: string, folder: string): Promise<void> {
  const names = (await readdir(code)).filter((name) => name.endsWith('.mjs'));
  await Promise.all(
    names.map(async (name) => {
      const source = (await readFile(join(code, name), 'utf8')).replace(/^#!.*\n/, '');
      const { code: text } = await transform(source, {
        format: 'cjs',
        platform: 'node',
        target: 'node26',
        // Otherwise they stay as they are, and lead out of the executable.
        supported: { 'dynamic-import': false },
        // Nothing lies beside an executable.
        define: { 'import.meta.url': '__url', 'import.meta.dirname': '""' },
        minifySyntax: true,
        minifyWhitespace: true,
        legalComments: 'none',
        logLevel: 'warning',
      });
      await writeFile(join(folder, name), `(function(exports,require,module,__url){${text}\n})`);
    }),
  );
}

async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, Buffer]> => [`./${name}`, await readFile(join(folder, name))]),
    ),
  );
}

// Node writes it in one go. Linux then has it in memory in pieces as large, and each process has the whole of a piece of
// which it needs a part: 36 MB more for each command, until it is read from the disk again.
async function copyInParts(from: string, to: string): Promise<void> {
  await pipeline(
    createReadStream(from, { highWaterMark: PART_BYTES }),
    createWriteStream(to, { highWaterMark: PART_BYTES, mode: 0o755 }),
  );
}

const PART_BYTES = 64 * 1024;

async function bundleMain(path: string): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    minify: true,
    logLevel: 'warning',
  });
}
