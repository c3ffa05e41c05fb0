import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { imageError } from './errors.ts';
import type { BuildInputs } from './recipe.ts';

export interface InputPlaces {
  /** Folder with the project's node_modules. */
  readonly project: string;
  /** Folder of the project's compiled code. */
  readonly code: string;
  /** Paths of programs by their names. */
  readonly programs: ReadonlyMap<string, string>;
}

/** The inputs of the platform's own images: its compiled code, Node as npm brought it, and programs. */
export function platformInputs(
  { project, code, programs }: InputPlaces,
  arch: NodeJS.Architecture,
): BuildInputs {
  return (name) => {
    if (name === 'code') return code;
    if (name === 'node') return join(nodePackage(project, arch), 'bin', 'node');
    if (name === 'node-license') return join(nodePackage(project, arch), 'LICENSE');
    const path = programs.get(name);
    if (path === undefined) throw imageError('IMAGE_INPUT_MISSING', { subject: name });
    return path;
  };
}

function nodePackage(project: string, arch: NodeJS.Architecture): string {
  const name = `node-linux-${arch}`;
  try {
    return dirname(createRequire(join(project, 'package.json')).resolve(`${name}/package.json`));
  } catch (cause) {
    const remedy =
      'Run npm ci without leaving out optional dependencies, on the machine that builds the images.';
    throw imageError('IMAGE_INPUT_MISSING', { subject: name, remedy, cause });
  }
}

/** The name of a processor in image-spec (that of Go). Throws IMAGE_ARCHITECTURE_UNSUPPORTED. */
export function imageArchitecture(arch: NodeJS.Architecture): string {
  if (arch === 'x64') return 'amd64';
  if (arch === 'arm64') return 'arm64';
  throw imageError('IMAGE_ARCHITECTURE_UNSUPPORTED', { subject: arch });
}
