import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Listr } from 'listr2';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { putProvider } from '../provider/provider-artifact.ts';
import { imageError } from './errors.ts';
import { type BuildOptions, type BuiltImage, buildImage } from './image.ts';
import {
  imageCache,
  PROJECT,
  platformBuildOptions,
  platformRecipes,
  recipePrograms,
} from './platform-build.ts';
import { packagesOf, type Recipe } from './recipe.ts';
import { nodeRecipes } from './recipes/index.ts';

const USAGE = `Usage: npm run images -- [--nodes] [--output FOLDER] [--cache FOLDER] [NAME...]

Builds the images of the platform's own release into an OCI image layout, or the named ones of any release.

  --nodes          those of nodes.yaml and aws.yaml instead: what nodes of clusters run, and AWS's provider
  --output FOLDER  the layout (default: dist/images, with --nodes dist/node-images)
  --cache FOLDER   Debian packages and finished layers (default: skerry/images in the user's cache folder)
`;

async function main(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = readArguments(args);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const started = performance.now();
  const output = values.output ?? join(PROJECT, 'dist', values.nodes ? 'node-images' : 'images');
  const withProvider = !values.nodes && positionals.length === 0;
  const options = { output, cache: values.cache, withProvider };
  const images = await buildAll(chosen(positionals, values.nodes), options, signal);
  process.stdout.write(summary(images, output, (performance.now() - started) / 1000));
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        nodes: { type: 'boolean', default: false },
        output: { type: 'string' },
        cache: { type: 'string', default: imageCache(process.env) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    throw imageError('IMAGE_USAGE', { subject: args.join(' '), detail: messageOf(cause) });
  }
}

// Images of one name, as etcd and pause, differ between the releases: those of the chosen release are meant.
function chosen(names: readonly string[], nodes: boolean): readonly Recipe[] {
  const [recipes, others] = nodes ? [nodeRecipes, platformRecipes] : [platformRecipes, nodeRecipes];
  if (names.length === 0) return recipes;
  const all = [...recipes, ...others.filter(({ name }) => recipes.every((recipe) => recipe.name !== name))];
  const unknown = names.find((name) => !all.some((recipe) => recipe.name === name));
  if (unknown !== undefined) {
    const remedy = `Give names from: ${all.map(({ name }) => name).join(', ')}.`;
    throw imageError('IMAGE_USAGE', { subject: unknown, remedy });
  }
  return all.filter(({ name }) => names.includes(name));
}

interface Build {
  recipes: readonly Recipe[];
  options: BuildOptions;
  built: Map<string, BuiltImage>;
}

async function buildAll(
  recipes: readonly Recipe[],
  { output, cache, withProvider }: { output: string; cache: string; withProvider: boolean },
  signal: AbortSignal,
): Promise<BuiltImage[]> {
  const programs = new Map<string, string>();
  const folders = { output, layers: join(cache, 'layers'), packages: join(cache, 'packages') };
  const options = await platformBuildOptions({ ...folders, programs, signal });
  const build: Build = { recipes, options, built: new Map() };
  const tasks = new Listr(
    [
      {
        title: 'programs',
        task: async (_, task) => {
          const onProgress = (line: string) => {
            task.output = line;
          };
          for (const [name, path] of await recipePrograms(recipes, { onProgress, signal }))
            programs.set(name, path);
        },
      },
      { title: 'Debian packages', task: async () => await fetchPackages(build) },
      {
        title: 'images',
        task: (_, task) =>
          task.newListr(
            recipes.map((recipe) => imageTask(recipe, build)),
            { concurrent: 2 },
          ),
      },
      {
        title: 'provider of OpenTofu',
        enabled: withProvider,
        task: async () => await putOwnProvider(options),
      },
    ],
    // Its own handler would end the process at once, without the exit code of an interruption.
    { registerSignalListeners: false },
  );
  await tasks.run();
  return recipes.flatMap(({ name }) => build.built.get(name) ?? []);
}

async function putOwnProvider({ store, architecture, signal }: BuildOptions): Promise<void> {
  const program = join(PROJECT, 'dist', 'skerry');
  const { version } = packageJson;
  await putProvider(store, { program, version, architecture }, { signal }).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOENT')) throw cause;
    const remedy = 'Run npm run build first.';
    throw imageError('IMAGE_INPUT_MISSING', { subject: program, remedy, cause });
  });
}

// All at once: each question to apt takes its time, whatever is asked.
async function fetchPackages({ recipes, options }: Build): Promise<void> {
  const names = new Set(recipes.flatMap(({ layers }) => layers.flatMap(packagesOf)));
  if (names.size > 0) await options.packages.withLibraries([...names]);
}

function imageTask(recipe: Recipe, { options, built }: Build) {
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

function fail(error: unknown, interrupted: boolean): number {
  if (interrupted) {
    process.stderr.write('Interrupted. Run the same command again; it goes on from what is finished.\n');
    return 130;
  }
  const known = isSkerryError(error);
  process.stderr.write(
    known ? `${error.code}: ${messageOf(error)}\n${error.remedy}\n` : `${messageOf(error)}\n`,
  );
  return known ? error.exit : 1;
}

const interrupt = new AbortController();
// Not once: execa kills the process again where it finds no listener left after the first.
process.on('SIGINT', () => interrupt.abort());
try {
  await main(process.argv.slice(2), interrupt.signal);
} catch (error) {
  process.exitCode = fail(error, interrupt.signal.aborted);
}
