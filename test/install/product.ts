import { createHash } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programs } from '../cluster/builds/program.ts';
import { programCache } from '../cluster/builds/programs.ts';
import { command } from '../cluster/processes/command.ts';
import { exclusively } from '../cluster/processes/mutex.ts';
import { type Progress, seconds } from '../cluster/processes/progress.ts';
import { projectFiles } from '../project/project-files.ts';

export const PROJECT = join(import.meta.dirname, '../..');

export interface ProductOptions {
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Files that the program and the images are made of; tests and what only they read take no part. */
const INPUTS =
  /^(?:(?:apply|bundle|channel|content|installer|manifests|mirror|platform|registry)\/.*|test\/cluster\/(?:builds\/programs?\.ts|programs\/.*)|scripts\/(?:(?:build|bundle-code|lean-packages|program)\.ts|executable\/.*)|(?:commands|skerry)\.ts|package(?:-lock)?\.json)$/;
const NO_INPUTS = /\.test\.ts$|\/(?:fixtures|testing)\/|\.md$/;
/** The first images of a machine have their programs built from source. */
const IMAGES_MILLISECONDS = 3_600_000;
const CODE_MILLISECONDS = 300_000;
const PACKS_MILLISECONDS = 300_000;

/**
 * Runs `use` with `dist/skerry`, `dist/images` and `dist/packs` made of the sources as they are now, and a stamp that changes with
 * them. One process of the machine builds at a time, and none while another is in `use`.
 */
export async function withProduct<T>(
  options: ProductOptions,
  use: (stamp: string) => Promise<T>,
): Promise<T> {
  const { signal, onProgress } = options;
  const onWait = () => onProgress?.('another process is building already');
  return await exclusively(`${PROJECT}\nproduct`, { signal, onWait }, async () => {
    const stamp = await stampOf(await projectFiles(PROJECT));
    await build(stamp, options);
    return await use(stamp);
  });
}

async function build(stamp: string, { signal, onProgress }: ProductOptions): Promise<void> {
  const stampFile = join(PROJECT, 'dist', 'stamp');
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp && (await isBuilt())) return;
  const began = performance.now();
  const env = { SKERRY_CACHE: programCache(process.env) };
  const node = async (script: string, timeout: number) => {
    onProgress?.(`running ${script}`);
    await command(process.execPath, [join(PROJECT, script)], { cwd: PROJECT, env, signal, timeout });
  };
  await node('scripts/build.ts', CODE_MILLISECONDS);
  await node('manifests/images/main.ts', IMAGES_MILLISECONDS);
  await node('manifests/modules/main.ts', PACKS_MILLISECONDS);
  await mkdir(join(PROJECT, 'dist'), { recursive: true });
  await writeFile(stampFile, stamp);
  onProgress?.(`built dist/skerry, dist/images and dist/packs in ${seconds(performance.now() - began)}`);
}

async function isBuilt(): Promise<boolean> {
  const names = ['skerry', 'code/skerry.mjs', 'images/index.json', 'packs/cluster-api/pack.yaml'];
  const files = names.map((name) => join(PROJECT, 'dist', name));
  return (await Promise.allSettled(files.map((file) => access(file)))).every(
    ({ status }) => status === 'fulfilled',
  );
}

async function stampOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([process.version, process.arch, programs]));
  for (const file of files.filter((name) => INPUTS.test(name) && !NO_INPUTS.test(name))) {
    hash.update(`\0${file}\0`).update(await readFile(join(PROJECT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
