import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { clusterError } from '../errors.ts';
import { exclusively } from '../processes/mutex.ts';
import { type Progress, seconds } from '../processes/progress.ts';
import { buildPrograms } from './build.ts';
import { moduleFolder } from './module-folder.ts';
import { type Architecture, type KubernetesMinor, type ProgramName, programTable } from './program.ts';
import { downloadRelease, ReleaseHosts } from './release.ts';

export interface EnsureOptions {
  /** The cache folder; see `programCache`. */
  readonly cache: string;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The version of Kubernetes, as in `1.37`; the default one otherwise. */
  readonly kubernetes?: KubernetesMinor | undefined;
  /** Official releases are not asked for when false. */
  readonly releases?: boolean | undefined;
}

/** Where programs are kept between runs, outside of any checkout. */
export function programCache(env: Readonly<Record<string, string | undefined>>): string {
  const base = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return env.SKERRY_CACHE || join(base, 'skerry');
}

/**
 * Gives the path of each program: from the cache, else the official release, else built from its Go module.
 * Throws HOST_UNFIT, PROGRAM_BUILD_FAILED or PROGRAM_CHECKSUM_MISMATCH.
 */
export async function ensurePrograms<N extends ProgramName>(
  names: readonly N[],
  options: EnsureOptions,
): Promise<Record<N, string>> {
  const arch = architecture();
  const found: [N, string][] = [];
  for (const name of names) found.push([name, await cachedPath(name, arch, options)]);
  for (const [module, members] of byModule(names, options)) {
    const onWait = () => options.onProgress?.(`another process is already getting ${members.join(', ')}`);
    const [first, ...rest] = await missing(members, arch, options);
    if (first === undefined) continue;
    await exclusively(`${options.cache}\n${module}`, { signal: options.signal, onWait }, () =>
      provide([first, ...rest], arch, options),
    );
  }
  return Object.fromEntries(found) as Record<N, string>;
}

function architecture(): Architecture {
  if (process.platform === 'linux' && process.arch === 'x64') return 'amd64';
  if (process.platform === 'linux' && process.arch === 'arm64') return 'arm64';
  throw clusterError('HOST_UNFIT', { subject: `${process.platform} ${process.arch}` });
}

/** The cache's key holds all that decides what the program is, so a changed recipe is never served from an old build. */
async function cachedPath(name: ProgramName, arch: Architecture, options: EnsureOptions): Promise<string> {
  const { module, version, ldflags, package: source } = programTable(options.kubernetes)[name];
  const hash = createHash('sha256').update(JSON.stringify([name, version, arch, ldflags, source]));
  const folder = moduleFolder(module);
  for (const file of (await readdir(folder)).sort()) {
    hash.update(`\0${file}\0`).update(await readFile(join(folder, file)));
  }
  return join(options.cache, 'programs', `${name}-${version}-${hash.digest('hex').slice(0, 12)}`, name);
}

function byModule<N extends ProgramName>(names: readonly N[], options: EnsureOptions): Map<string, N[]> {
  const table = programTable(options.kubernetes);
  return Map.groupBy(new Set(names), (name) => table[name].module);
}

async function missing(names: readonly ProgramName[], arch: Architecture, options: EnsureOptions) {
  const absent: ProgramName[] = [];
  for (const name of names) {
    const info = await stat(await cachedPath(name, arch, options)).catch(() => undefined);
    if (info === undefined) absent.push(name);
  }
  return absent;
}

const hosts = new ReleaseHosts();

async function provide(
  names: readonly [ProgramName, ...ProgramName[]],
  arch: Architecture,
  options: EnsureOptions,
) {
  const { cache, signal, onProgress = () => undefined } = options;
  const table = programTable(options.kubernetes);
  const began = Date.now();
  // The lock on the module makes this folder ours alone; what is there was left by a process that was killed.
  const work = join(cache, 'tmp', table[names[0]].module);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    for (const name of await missing(names, arch, options)) {
      if (options.releases === false || !(await fetchRelease(name, arch, work, options))) continue;
      await installProgram(name, join(work, name), arch, options, 'release');
    }
    const [first, ...rest] = await missing(names, arch, options);
    if (first === undefined) return;
    await buildPrograms([first, ...rest], { table, folder: work, onProgress, signal });
    for (const name of [first, ...rest]) {
      await installProgram(name, join(work, name), arch, options, 'build');
    }
    onProgress(`built ${[first, ...rest].join(', ')} in ${seconds(Date.now() - began)}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchRelease(name: ProgramName, arch: Architecture, work: string, options: EnsureOptions) {
  const program = programTable(options.kubernetes)[name];
  const release = program.release?.(arch);
  if (release === undefined || !(await hosts.reachable(release.url))) return false;
  options.onProgress?.(`downloading ${name} ${program.version}`);
  return (await downloadRelease(release, name, work, options.signal)) !== undefined;
}

async function installProgram(
  name: ProgramName,
  file: string,
  arch: Architecture,
  options: EnsureOptions,
  origin: 'release' | 'build',
) {
  const target = await cachedPath(name, arch, options);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(join(dirname(target), 'origin.json'), `${JSON.stringify({ origin })}\n`);
  await rename(file, target);
}
