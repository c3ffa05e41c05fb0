import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { platformInputs } from '../../manifests/images/build-inputs.ts';
import { type BuildOptions, buildImage } from '../../manifests/images/image.ts';
import {
  imageCache,
  platformBuildOptions,
  platformRecipes,
  recipePrograms,
} from '../../manifests/images/platform-build.ts';
import { agentRecipe } from '../../manifests/images/recipes/skerry.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { PROJECT } from '../install/product.ts';

/** Of the product as it is, and of agents that are made of it. */
export const VERSION = packageJson.version;
export const NEXT = '97.1.0';
/** Ends with an error as soon as it starts. */
export const BROKEN = '97.2.0';
/** Starts as it should, and ends as soon as it is its turn to work. */
export const DYING = '97.3.0';

/** What a release takes so that these agents travel with it. */
export interface AgentVersions {
  /** Folder of a layout with all images of the product and these. */
  readonly layout: string;
  readonly packs: readonly string[];
  /** Of the images, by version. */
  readonly digests: ReadonlyMap<string, string>;
}

type Change = (code: string) => Promise<void>;

const CHANGES: ReadonlyMap<string, Change> = new Map<string, Change>([
  [NEXT, async () => undefined],
  [BROKEN, async (code) => await writeFile(join(code, 'skerry.mjs'), "throw new Error('broken');\n")],
  [
    DYING,
    async (code) => await replaceIn(code, /async function work\(\{options[^)]*\)\{/, '$&process.exit(3);'),
  ],
]);

/** Makes agents of other versions: each the code of this one that says another version, and a pack that names its image. */
export async function makeAgentVersions(folder: string): Promise<AgentVersions> {
  const layout = join(folder, 'images');
  await cp(join(PROJECT, 'dist', 'images'), layout, { recursive: true });
  const programs = await agentPrograms();
  const options = await buildOptions(layout, programs);
  const made = { layout, packs: [] as string[], digests: new Map<string, string>() };
  for (const [version, change] of CHANGES) {
    const code = join(folder, `code-${version}`);
    await cp(join(PROJECT, 'dist', 'code'), code, { recursive: true });
    await replaceIn(code, `version:"${VERSION}"`, `version:"${version}"`);
    await change(code);
    const inputs = platformInputs({ project: PROJECT, code, programs }, process.arch);
    made.digests.set(version, (await buildImage(agentRecipe(version), { ...options, inputs })).digest);
    made.packs.push(await packOf(version, folder));
  }
  return made;
}

async function replaceIn(code: string, text: string | RegExp, other: string): Promise<void> {
  let found = 0;
  for (const name of (await readdir(code)).filter((file) => file.endsWith('.mjs'))) {
    const path = join(code, name);
    const before = await readFile(path, 'utf8');
    const after = before.replace(text, other);
    if (after === before) continue;
    found++;
    await writeFile(path, after);
  }
  if (found !== 1) throw new Error(`${text} is in ${found} files of the code`);
}

async function agentPrograms(): Promise<ReadonlyMap<string, string>> {
  return await recipePrograms(
    platformRecipes.filter(({ name }) => name === 'agent'),
    {},
  );
}

// Once for all: what Debian's packages need is asked only once then.
async function buildOptions(output: string, programs: ReadonlyMap<string, string>): Promise<BuildOptions> {
  const cache = imageCache(process.env);
  const folders = { output, layers: join(cache, 'layers'), packages: join(cache, 'packages') };
  return await platformBuildOptions({ ...folders, programs });
}

const Yaml = z.record(z.string(), z.unknown());

// The product's own pack and chart, but for the version.
async function packOf(version: string, folder: string): Promise<string> {
  const chart = join(folder, `chart-${version}`);
  await cp(join(PROJECT, 'manifests/charts/agent'), chart, { recursive: true });
  await change(join(chart, 'Chart.yaml'), { version, appVersion: version });
  const pack = join(folder, `pack-${version}`);
  await mkdir(pack);
  await cp(join(PROJECT, 'manifests/packs/agent'), pack, { recursive: true });
  await change(join(pack, 'pack.yaml'), { version, chart: `../chart-${version}` });
  return pack;
}

async function change(path: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const before = Yaml.parse(parse(await readFile(path, 'utf8')));
  await writeFile(path, stringify({ ...before, ...fields }));
}
