import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Listr } from 'listr2';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { openLayout } from '../../content/layout.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type ProgramName, programs } from '../../test/cluster/program.ts';
import { ensurePrograms, programCache } from '../../test/cluster/programs.ts';
import { systemApt } from './apt.ts';
import { imageArchitecture, platformInputs } from './build-inputs.ts';
import { imageError } from './errors.ts';
import { type BuildOptions, type BuiltImage, buildImage } from './image.ts';
import { PackageSource } from './package-source.ts';
import { inputsOf, type Recipe } from './recipe.ts';
import { allRecipes } from './recipes/index.ts';

const USAGE = `Usage: npm run images -- [--output FOLDER] [--cache FOLDER] [NAME...]

Builds the images of the platform's own release into an OCI image layout, all of them or the named ones.

  --output FOLDER  the layout (default: dist/images)
  --cache FOLDER   Debian packages and finished layers (default: skerry/images in the user's cache folder)
`;

const PROJECT = resolve(import.meta.dirname, '../..');

async function main(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = readArguments(args);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const started = performance.now();
  const images = await buildAll(chosen(positionals), values, signal);
  process.stdout.write(summary(images, values.output, (performance.now() - started) / 1000));
}

function readArguments(args: readonly string[]) {
  const cache = join(programCache(process.env), 'images');
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        output: { type: 'string', default: join(PROJECT, 'dist', 'images') },
        cache: { type: 'string', default: cache },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    throw imageError('IMAGE_USAGE', { subject: args.join(' '), detail: messageOf(cause) });
  }
}

function chosen(names: readonly string[]): Recipe[] {
  const all = allRecipes(packageJson.version);
  const unknown = names.find((name) => !all.some((recipe) => recipe.name === name));
  if (unknown !== undefined) {
    const remedy = `Give names from: ${all.map(({ name }) => name).join(', ')}.`;
    throw imageError('IMAGE_USAGE', { subject: unknown, remedy });
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

interface Folders {
  readonly output: string;
  readonly cache: string;
}

async function buildAll(
  recipes: readonly Recipe[],
  folders: Folders,
  signal: AbortSignal,
): Promise<BuiltImage[]> {
  const found = new Map<string, string>();
  const options = await buildOptions(folders, found, signal);
  const built = new Map<string, BuiltImage>();
  const tasks = new Listr([
    {
      title: 'programs',
      task: async (_, task) => {
        const names = programsOf(recipes);
        const onProgress = (line: string) => {
          task.output = line;
        };
        const paths = await ensurePrograms(names, { cache: programCache(process.env), onProgress, signal });
        for (const name of names) found.set(name, paths[name]);
      },
    },
    {
      title: 'images',
      task: (_, task) =>
        task.newListr(
          recipes.map((recipe) => imageTask(recipe, options, built)),
          { concurrent: 2 },
        ),
    },
  ]);
  await tasks.run();
  return recipes.flatMap(({ name }) => built.get(name) ?? []);
}

async function buildOptions(
  { output, cache }: Folders,
  found: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<BuildOptions> {
  const apt = systemApt({ isRoot: process.getuid?.() === 0, signal });
  return {
    store: await openLayout(output, { create: true }),
    packages: new PackageSource(apt, join(cache, 'packages')),
    inputs: platformInputs(PROJECT, process.arch, (name) => found.get(name)),
    cache: join(cache, 'layers'),
    architecture: imageArchitecture(process.arch),
    signal,
  };
}

function programsOf(recipes: readonly Recipe[]): ProgramName[] {
  return [...new Set(recipes.flatMap(inputsOf))].filter(isProgram);
}

function isProgram(name: string): name is ProgramName {
  return Object.hasOwn(programs, name);
}

function imageTask(recipe: Recipe, options: BuildOptions, built: Map<string, BuiltImage>) {
  return {
    title: recipe.name,
    task: async (_: unknown, task: { title: string; output: string }) => {
      const report = (step: string) => {
        task.output = step;
      };
      const image = await buildImage(recipe, { ...options, report });
      built.set(recipe.name, image);
      task.title = `${recipe.name} ${image.version}, ${megabytes(image.size)}, ${origin(image)}`;
    },
  };
}

function origin({ layers }: BuiltImage): string {
  const made = layers.filter(({ cached }) => !cached).length;
  return made === 0 ? 'from the cache' : `${made} of ${layers.length} layers made`;
}

function summary(images: readonly BuiltImage[], output: string, seconds: number): string {
  const lines = images.map(({ reference, digest }) => `${reference}@${digest}\n`);
  const layers = new Map(images.flatMap((image) => image.layers.map(({ digest, size }) => [digest, size])));
  const total = [...layers.values()].reduce((sum, size) => sum + size, 0);
  return `${lines.join('')}${images.length} images, ${megabytes(total)} in ${output}, ${seconds.toFixed(1)} s\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
try {
  await main(process.argv.slice(2), interrupt.signal);
} catch (error) {
  const known = isSkerryError(error);
  const interrupted = interrupt.signal.aborted;
  const message = interrupted
    ? 'Interrupted. Run the same command again; it goes on from what is finished.'
    : messageOf(error);
  process.stderr.write(`${known ? `${error.code}: ` : ''}${message}\n${known ? `${error.remedy}\n` : ''}`);
  process.exitCode = interrupted ? 130 : known ? error.exit : 1;
}
