import { join, resolve } from 'node:path';
import { openLayout } from '../../content/layout/layout.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type ProgramName, programs } from '../../test/cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../test/cluster/builds/programs.ts';
import { systemApt } from './apt.ts';
import { imageArchitecture, platformInputs } from './build-inputs.ts';
import type { BuildOptions } from './image.ts';
import { PackageSource } from './package-source.ts';
import { inputsOf, type Recipe } from './recipe.ts';
import { allRecipes } from './recipes/index.ts';

export const PROJECT = resolve(import.meta.dirname, '../..');

/** The images of the platform's own release. */
export const platformRecipes: readonly Recipe[] = allRecipes(packageJson.version);

/** Where fetched packages and finished layers are kept, beside the programs. */
export function imageCache(env: Readonly<Record<string, string | undefined>>): string {
  return join(programCache(env), 'images');
}

/** Paths of the programs that recipes are made of, each built where it is not there yet. */
export async function recipePrograms(
  recipes: readonly Recipe[],
  options: { onProgress?: (line: string) => void; signal?: AbortSignal },
): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(recipes.flatMap(inputsOf))].filter(isProgram);
  const paths = await ensurePrograms(names, { cache: programCache(process.env), ...options });
  return new Map(names.map((name) => [name, paths[name]]));
}

function isProgram(name: string): name is ProgramName {
  return Object.hasOwn(programs, name);
}

export interface PlatformBuild {
  /** Folder of the layout that the images go to. */
  readonly output: string;
  /** Folder for layers. */
  readonly layers: string;
  /** Folder for Debian packages. */
  readonly packages: string;
  readonly programs: ReadonlyMap<string, string>;
  /** Folder of the compiled code; what `npm run build` makes when absent. */
  readonly code?: string;
  readonly signal?: AbortSignal;
}

/** Options for buildImage that fit this machine and this checkout. */
export async function platformBuildOptions(build: PlatformBuild): Promise<BuildOptions> {
  const { programs, code = join(PROJECT, 'dist', 'code') } = build;
  const apt = systemApt({ isRoot: process.getuid?.() === 0, signal: build.signal });
  return {
    store: await openLayout(build.output, { create: true }),
    packages: new PackageSource(apt, build.packages),
    inputs: platformInputs({ project: PROJECT, code, programs }, process.arch),
    cache: build.layers,
    architecture: imageArchitecture(process.arch),
    ...(build.signal === undefined ? {} : { signal: build.signal }),
  };
}
