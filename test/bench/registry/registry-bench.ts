import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { benchError } from '../errors.ts';
import type { StartRegistry } from '../registry-process.ts';
import { settleDisk } from '../settle.ts';
import { compare } from '../statistics.ts';
import { pullContest, pushContest, pushesContest } from './blob-contests.ts';
import type { Contestant, ContestantName } from './contestant.ts';
import { type Cost, measureGrowth } from './growth.ts';
import { imagesContests } from './images-contest.ts';
import { manifestContests } from './manifest-contests.ts';
import { referrersContest } from './referrers-contest.ts';
import type { RegistryContest } from './registry-contest.ts';
import type { RegistryResult, Share } from './registry-report.ts';
import { tagsContests } from './tags-contests.ts';

export interface RegistryBenchOptions {
  readonly skerry: StartRegistry;
  readonly distribution: StartRegistry;
  /** A folder of its own; both registries keep everything below it. */
  readonly folder: string;
  /** Only these contests; all when empty. Throws BENCH_USAGE when there is no such contest. */
  readonly contests: readonly string[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** For `--contest`: what it costs to have many manifests is no contest, but is chosen like one. */
const GROWTH = 'growth';

export interface RegistryBenchResult {
  readonly results: readonly RegistryResult[];
  /** Of Skerry alone. */
  readonly growth: readonly Cost[];
}

/** Skerry's registry against Distribution, contest after contest, both on the same disk with the same clients. */
export async function runRegistryBench(options: RegistryBenchOptions): Promise<RegistryBenchResult> {
  const groups = contestsOf(options);
  const names = [...groups.flat().map(({ name }) => name), GROWTH];
  const unknown = options.contests.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw benchError('BENCH_USAGE', { subject: unknown, detail: `not one of ${names.join(', ')}` });
  const isChosen = (name: string) => options.contests.length === 0 || options.contests.includes(name);
  const results: RegistryResult[] = [];
  for (const group of groups) {
    const chosen = group.filter(({ name }) => isChosen(name));
    if (chosen.length > 0) results.push(...(await holdGroup(chosen, options)));
  }
  return { results, growth: isChosen(GROWTH) ? await growth(options) : [] };
}

/** Those of a group are held in the same registries, one after the other: they need the same content. */
function contestsOf(size: RegistryBenchOptions): RegistryContest[][] {
  return [
    [pullContest(size)],
    [pushContest('whole', size)],
    [pushContest('streamed', size)],
    [pushesContest(size)],
    imagesContests(size),
    manifestContests(size),
    tagsContests(size),
    [referrersContest(size)],
  ];
}

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function holdGroup(
  group: readonly RegistryContest[],
  options: RegistryBenchOptions,
): Promise<RegistryResult[]> {
  const { skerry, distribution } = options;
  const entrants = [
    { name: 'skerry', start: skerry },
    { name: 'distribution', start: distribution },
  ] as const;
  return await withPair(entrants, options, async (own, other) => {
    const results: RegistryResult[] = [];
    for (const contestant of [own, other]) {
      options.onProgress(`${group[0]?.title}: filling ${contestant.name}`);
      await group[0]?.fill?.(contestant);
    }
    for (const contest of group) results.push(await hold(contest, own, other, options));
    return results;
  });
}

async function hold(
  contest: RegistryContest,
  own: Contestant,
  other: Contestant,
  { rounds, folder, onProgress }: RegistryBenchOptions,
): Promise<RegistryResult> {
  for (const contestant of [own, other]) {
    // Once for nothing: neither is to be measured with a cold cache or code that is not compiled yet.
    await (await contest.prepare(contestant))();
    contestant.registry.resetPeak();
  }
  const runs: Record<ContestantName, Run[]> = { skerry: [], distribution: [] };
  for (let round = 0; round < rounds; round++) {
    // Each is the first in every other round: what one leaves to the disk must not always hit the same.
    for (const contestant of round % 2 === 0 ? [own, other] : [other, own]) {
      const run = await runOnce(contest, contestant, folder);
      runs[contestant.name].push(run);
      onProgress(`${contest.title}: ${contestant.name} ${run.seconds.toFixed(2)} s`);
    }
  }
  const pairs = runs.skerry.map(({ seconds }, round) => ({
    own: seconds,
    baseline: runs.distribution[round]?.seconds ?? Number.NaN,
  }));
  const shareOf = ({ name, registry }: Contestant): Share => ({
    peakBytes: registry.peakBytes(),
    cpuSeconds: Math.min(...runs[name].map(({ cpuSeconds }) => cpuSeconds)),
  });
  return { contest, comparison: compare(pairs), own: shareOf(own), other: shareOf(other) };
}

async function runOnce(contest: RegistryContest, contestant: Contestant, folder: string): Promise<Run> {
  const run = await contest.prepare(contestant);
  await settleDisk(folder);
  const { registry } = contestant;
  const cpuBefore = registry.cpuSeconds();
  const began = performance.now();
  await run();
  const seconds = (performance.now() - began) / 1000;
  return { seconds, cpuSeconds: registry.cpuSeconds() - cpuBefore };
}

async function growth(options: RegistryBenchOptions): Promise<readonly Cost[]> {
  const own = { name: 'skerry', start: options.skerry } as const;
  return await withPair([own, own], options, async (few, many) => await measureGrowth(few, many, options));
}

interface Entrant {
  readonly name: ContestantName;
  readonly start: StartRegistry;
}

/** Starts two registries with nothing in them, and ends them when `use` has. */
async function withPair<T>(
  entrants: readonly [Entrant, Entrant],
  { folder, signal }: RegistryBenchOptions,
  use: (first: Contestant, second: Contestant) => Promise<T>,
): Promise<T> {
  const started: Contestant[] = [];
  const enter = async ({ name, start }: Entrant): Promise<Contestant> => {
    const place = join(folder, `${started.length}-${name}`);
    await mkdir(place, { recursive: true });
    const contestant = { name, folder: place, registry: await start(place, signal), signal };
    started.push(contestant);
    return contestant;
  };
  try {
    return await use(await enter(entrants[0]), await enter(entrants[1]));
  } finally {
    for (const { registry } of started) await registry.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
