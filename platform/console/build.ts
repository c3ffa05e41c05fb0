/** Makes what a browser loads of the console out of its sources. */
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import type { EmbeddedFile } from '../hub/http/embedded-file.ts';
import { englishAlone } from './english-alone.ts';
import { pageOf } from './page.ts';

const compress = promisify(brotliCompress);
const app = join(import.meta.dirname, 'app');

/** All files of the console by their address below `/ui/`, compressed; `index.html` is among them. */
export async function buildConsole(): Promise<EmbeddedFile[]> {
  const { outputs, page } = await bundleConsole();
  const files = [...outputs, { path: 'index.html', text: page }];
  return await Promise.all(files.map(async ({ path, text }) => ({ path, brotli: await compressed(text) })));
}

export interface ConsoleBundle {
  /** Files with the hash of what is in them in their name. */
  readonly outputs: readonly { readonly path: string; readonly text: string }[];
  /** `index.html`, with `{nonce}` where an answer puts one. */
  readonly page: string;
  /** Paths of the scripts that a browser loads before anything is shown. */
  readonly first: readonly string[];
}

/** The same, not compressed yet, with which of it comes first. */
export async function bundleConsole(): Promise<ConsoleBundle> {
  const { outputFiles, metafile } = await build(SETTINGS);
  const outputs = outputFiles.map(({ path, text }) => ({ path: path.slice(app.length + 1), text }));
  const entry = entryOf(metafile);
  const first = staticImports(metafile, entry);
  return { outputs, first, page: pageOf({ scripts: first, style: styleOf(outputs) }) };
}

const SETTINGS = {
  entryPoints: [{ in: join(app, 'main.tsx'), out: 'main' }],
  outdir: app,
  absWorkingDir: app,
  write: false,
  metafile: true,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2023',
  jsx: 'automatic',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [englishAlone],
  legalComments: 'linked',
  logLevel: 'warning',
} as const satisfies BuildOptions;

function entryOf({ outputs }: Metafile): string {
  const found = Object.entries(outputs).find(
    ([path, { entryPoint }]) => entryPoint === 'main.tsx' && path.endsWith('.js'),
  );
  if (found === undefined) throw new Error('esbuild made no main.js');
  return found[0];
}

/** A script and all that it can't begin without. */
function staticImports({ outputs }: Metafile, entry: string): string[] {
  const seen = new Set([entry]);
  for (const path of seen)
    for (const imported of outputs[path]?.imports ?? [])
      if (imported.kind === 'import-statement') seen.add(imported.path);
  return [...seen];
}

function styleOf(outputs: ConsoleBundle['outputs']): string {
  const style = outputs.find(({ path }) => /^main-[^.]+\.css$/.test(path));
  if (style === undefined) throw new Error('esbuild made no main.css');
  return style.path;
}

async function compressed(text: string): Promise<Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  };
  return await compress(text, { params });
}

/** The highest takes seconds, for 3 % less. */
const QUALITY = 9;
