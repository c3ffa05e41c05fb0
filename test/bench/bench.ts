import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { ensureHost } from '../cluster/host.ts';
import { command } from '../cluster/processes/command.ts';
import { exclusively } from '../cluster/processes/mutex.ts';
import type { Progress } from '../cluster/processes/progress.ts';
import { PROJECT, withProduct } from '../install/product.ts';
import { type Contest, holdContest } from './contest.ts';
import { type CreateContest, createContest, makeBundle, type Programs } from './create-contest.ts';
import { oneByOne } from './image-copies.ts';
import { type ImageSet, platformSet, type SetShape, syntheticSet } from './image-set.ts';
import { importContest } from './import-contest.ts';
import { holdMirrorContests } from './mirror-contest.ts';
import { regctlPull } from './regctl.ts';
import { type RegistryBenchResult, runRegistryBench } from './registry/registry-bench.ts';
import { distributionRegistry, type StartRegistry, skerryRegistry } from './registry-process.ts';
import { plainRelease, platformRelease } from './release-file.ts';
import type { ReportedContest } from './report.ts';
import { startContest } from './start-contest.ts';

export type SetName = 'platform' | 'synthetic' | 'large';
export type Work =
  | 'start'
  | 'mirror'
  | 'create'
  | 'import'
  | 'registry'
  | 'install'
  | 'upgrade'
  | 'fleet'
  | 'provider'
  | 'provision'
  | 'console';

export interface BenchOptions {
  readonly work: readonly Work[];
  readonly sets: readonly SetName[];
  /** Contests of the registry to hold; all when empty. */
  readonly contests: readonly string[];
  /** The registry's contests small enough to see that everything works. */
  readonly quick: boolean;
  /** At most so many rounds of each contest. */
  readonly rounds: number;
  /** Milliseconds that all rounds together should take; each contest has one round at least. */
  readonly budget: number;
  /** A skerry program to measure in place of one that is built from the sources. */
  readonly program?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: Progress;
}

const MB = 1_000_000;
/** Work that is done with sets of images. */
const COPIES: ReadonlySet<Work> = new Set(['create', 'import']);
const SHAPES: Record<Exclude<SetName, 'platform'>, SetShape> = {
  synthetic: { images: 12, base: 60 * MB, family: 40 * MB, own: [55 * MB, 25 * MB, 5 * MB] },
  large: { images: 4, base: 200 * MB, family: 800 * MB, own: [600 * MB, 150 * MB] },
};
/** Where the platform's release says that its images are. */
const PLATFORM_HOST = 'registry.skerry.example';
/** Beside what is built, so that images are linked and not copied; what a killed run left is removed by the next. */
const FOLDER = join(PROJECT, 'dist', 'bench');

export interface BenchResult {
  readonly copies: readonly ReportedContest[];
  readonly registry: RegistryBenchResult | undefined;
}

/** Measures everything that was chosen. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const onWait = () => options.onProgress('another benchmark of this folder is running');
  return await exclusively(`${PROJECT}\nbench`, { signal: options.signal, onWait }, async () => {
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER, { recursive: true });
    try {
      const site = await prepare(options);
      const copies: ReportedContest[] = [];
      if (options.work.includes('start')) copies.push(await benchStart(site, options));
      if (options.work.includes('mirror')) copies.push(...(await benchMirror(site, options)));
      if (options.work.some((work) => COPIES.has(work)))
        for (const name of options.sets) copies.push(...(await benchSet(name, site, options)));
      const registry = options.work.includes('registry') ? await benchRegistry(site, options) : undefined;
      return { copies, registry };
    } finally {
      await rm(FOLDER, { recursive: true, force: true });
    }
  });
}

interface Site {
  readonly programs: Programs;
  /** Ours and Distribution. */
  readonly registries: readonly [StartableRegistry, StartableRegistry];
}

interface StartableRegistry {
  readonly name: string;
  readonly start: StartRegistry;
}

async function prepare({ program, signal, onProgress }: BenchOptions): Promise<Site> {
  await ensureHost({ install: true, groups: ['tools'], onProgress, signal });
  const cache = programCache(process.env);
  const { helm, registry, regctl } = await ensurePrograms(['helm', 'registry', 'regctl'], {
    cache,
    onProgress,
    signal,
  });
  const skerry = join(FOLDER, 'skerry');
  // A link of our own: nobody has to wait for the benchmark before building again.
  const take = async () => await link(program ?? join(PROJECT, 'dist', 'skerry'), skerry);
  if (program === undefined) await withProduct({ onProgress, signal }, take);
  else await take();
  const key = join(FOLDER, 'vendor.key');
  await command(skerry, ['key', 'generate', key], { signal });
  return {
    programs: { skerry, helm, skopeo: 'skopeo', regctl, key },
    registries: [
      { name: 'skerry registry', start: skerryRegistry(skerry) },
      { name: 'distribution', start: distributionRegistry(registry) },
    ],
  };
}

async function benchRegistry({ registries }: Site, options: BenchOptions): Promise<RegistryBenchResult> {
  const [skerry, distribution] = registries;
  const rounds = options.quick ? 1 : options.rounds;
  const folder = join(FOLDER, 'registry');
  return await runRegistryBench({
    ...options,
    skerry: skerry.start,
    distribution: distribution.start,
    rounds,
    folder,
  });
}

async function benchSet(name: SetName, site: Site, options: BenchOptions): Promise<ReportedContest[]> {
  const { work, sets, signal, onProgress } = options;
  onProgress(`making the ${name} images`);
  const folder = join(FOLDER, name);
  await mkdir(folder);
  const set = await makeSet(name, folder, signal);
  const sources = await sourcesOf(set, folder, site, signal);
  const results: ReportedContest[] = [];
  const hold = async (kind: ReportedContest['work'], contest: Contest) => {
    const kinds = work.filter((each) => COPIES.has(each)).length;
    const share = options.budget / (sets.length * kinds * site.registries.length);
    const until = performance.now() + share;
    const onRun = (title: string, contender: string, seconds: number) =>
      onProgress(`${title}: ${contender} ${seconds.toFixed(2)} s`);
    const result = await holdContest(contest, { rounds: options.rounds, until, signal, onRun });
    results.push({ ...result, work: kind, set: name, bytes: set.bytes });
  };
  try {
    if (work.includes('create')) for (const source of sources) await hold('create', createContest(source));
    const [first] = sources;
    if (!work.includes('import') || first === undefined) return results;
    const bundle = await makeBundle(first, join(folder, 'stick'), signal);
    const layout = await regctlLayout(first, folder, signal);
    for (const { name: targetName, start: target } of site.registries) {
      const contest = { set, bundle, layout, target, targetName, programs: site.programs, work: folder };
      await hold('import', importContest(contest));
    }
    return results;
  } finally {
    for (const { source } of sources) await source.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchMirror(
  { programs, registries }: Site,
  options: BenchOptions,
): Promise<ReportedContest[]> {
  const { rounds, budget, signal, onProgress } = options;
  const { regsync } = await ensurePrograms(['regsync'], {
    cache: programCache(process.env),
    onProgress,
    signal,
  });
  const { skerry } = programs;
  const contest = { skerry, regsync, start: registries[0].start, work: join(FOLDER, 'mirror') };
  const results: ReportedContest[] = [];
  await holdMirrorContests(contest, signal, async (each) => {
    const result = await holdContest(each, {
      rounds,
      until: performance.now() + budget / 2,
      signal,
      onRun: (title, contender, seconds) => onProgress(`${title}: ${contender} ${seconds.toFixed(2)} s`),
    });
    results.push({ ...result, work: 'mirror', set: 'none', bytes: 0 });
  });
  return results;
}

async function benchStart({ programs }: Site, options: BenchOptions): Promise<ReportedContest> {
  const { rounds, budget, signal, onProgress } = options;
  const result = await holdContest(startContest({ skerry: programs.skerry, work: FOLDER }), {
    rounds,
    until: performance.now() + budget,
    signal,
    onRun: (title, contender, seconds) => onProgress(`${title}: ${contender} ${seconds.toFixed(3)} s`),
  });
  return { ...result, work: 'start', set: 'none', bytes: 0 };
}

/** regctl is measured with a layout of its own making: it finds names in no other. */
async function regctlLayout(
  { set, source, programs, work }: CreateContest,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const layout = join(folder, 'regctl');
  const copies = await oneByOne(programs.regctl, regctlPull(set, source.address, layout), join(work, 'loop'));
  await command('/bin/sh', [copies], { signal, timeout: 600_000 });
  return layout;
}

async function makeSet(name: SetName, folder: string, signal: AbortSignal): Promise<ImageSet> {
  const layout = join(folder, 'images');
  return name === 'platform'
    ? await platformSet(join(PROJECT, 'dist', 'images'), layout, PLATFORM_HOST)
    : await syntheticSet(name, SHAPES[name], layout, signal);
}

/** The set in one registry of each kind: ours serves the layout itself, the other one has been filled from it. */
async function sourcesOf(set: ImageSet, folder: string, { programs, registries }: Site, signal: AbortSignal) {
  const sources: CreateContest[] = [];
  try {
    for (const [index, { name: sourceName, start }] of registries.entries()) {
      const source = await start(index === 0 ? set.folder : join(folder, `source-${index}`), signal);
      const release = await releaseOf(set, source.address, join(folder, `release-${index}`));
      sources.push({ set, source, sourceName, release, programs, work: folder });
      const [first] = sources;
      const from = first === undefined ? set.folder : `http://${first.source.address}`;
      if (index > 0)
        // From the first of them: it has the layout open.
        await command(programs.skerry, ['copy', from, `http://${source.address}`], {
          signal,
          timeout: 600_000,
        });
    }
    return sources;
  } catch (error) {
    for (const { source } of sources) await source.stop();
    throw error;
  }
}

async function releaseOf(set: ImageSet, address: string, folder: string): Promise<string> {
  return set.name === 'platform'
    ? await platformRelease(join(PROJECT, 'manifests/release.yaml'), set, address, folder)
    : await plainRelease(set, address, folder);
}
