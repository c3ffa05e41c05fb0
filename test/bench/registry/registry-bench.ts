import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { benchError } from '../errors.ts';
import type { StartRegistry } from '../registry-process.ts';
import { settleDisk } from '../settle.ts';
import { compare } from '../statistics.ts';
import { pullContest, pushContest, pushesContest } from './blob-contests.ts';
import type { Contestant, ContestantName } from './contestant.ts';
import { type Cost, measureGrowth } from './growth.ts';
import { imagesContest } from './images-contest.ts';
import { manifestContest } from './manifest-contests.ts';
import { referrersContest } from './referrers-contest.ts';
import type { RegistryContest } from './registry-contest.ts';
import type { RegistryResult, Share } from './registry-report.ts';
import { tagPagesContest, tagsContest } from './tags-contests.ts';

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
  readonly growth: readonly { readonly name: ContestantName; readonly costs: readonly Cost[] }[];
}

/** Skerry's registry against Distribution, contest after contest, both on the same disk with the same clients. */
export async function runRegistryBench(options: RegistryBenchOptions): Promise<RegistryBenchResult> {
  const all = contestsOf(options);
  const names = [...all.map(({ name }) => name), GROWTH];
  const unknown = options.contests.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw benchError('BENCH_USAGE', { subject: unknown, detail: `not one of ${names.join(', ')}` });
  const isChosen = (name: string) => options.contests.length === 0 || options.contests.includes(name);
  const results: RegistryResult[] = [];
  for (const contest of all) if (isChosen(contest.name)) results.push(await hold(contest, options));
  return { results, growth: isChosen(GROWTH) ? await growth(options) : [] };
}

function contestsOf(size: RegistryBenchOptions): RegistryContest[] {
  return [
    pullContest(size),
    pushContest('whole', size),
    pushContest('streamed', size),
    pushesContest(size),
    imagesContest(size),
    manifestContest('tag', size),
    manifestContest('digest', size),
    tagsContest(size),
    tagPagesContest(size),
    referrersContest(size),
  ];
}

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function hold(contest: RegistryContest, options: RegistryBenchOptions): Promise<RegistryResult> {
  const { signal, onProgress, rounds } = options;
  return await withBoth(options, async (own, other) => {
    for (const contestant of [own, other]) {
      onProgress(`${contest.title}: filling ${contestant.name}`);
      await contest.fill?.(contestant, signal);
      await settleDisk(options.folder);
      // Once for nothing: neither is to be measured with a cold cache or code that is not compiled yet.
      await (await contest.prepare(contestant, signal))();
      contestant.registry.resetPeak();
    }
    const runs: Record<ContestantName, Run[]> = { skerry: [], distribution: [] };
    for (let round = 0; round < rounds; round++) {
      // Each is the first in every other round: what one leaves to the disk must not always hit the same.
      for (const contestant of round % 2 === 0 ? [own, other] : [other, own]) {
        const run = await runOnce(contest, contestant, options);
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
  });
}

async function runOnce(
  contest: RegistryContest,
  contestant: Contestant,
  { folder, signal }: RegistryBenchOptions,
): Promise<Run> {
  const run = await contest.prepare(contestant, signal);
  await settleDisk(folder);
  const { registry } = contestant;
  const cpuBefore = registry.cpuSeconds();
  const began = performance.now();
  await run();
  const seconds = (performance.now() - began) / 1000;
  signal.throwIfAborted();
  return { seconds, cpuSeconds: registry.cpuSeconds() - cpuBefore };
}

async function growth(options: RegistryBenchOptions): Promise<{ name: ContestantName; costs: Cost[] }[]> {
  return await withBoth(options, async (own, other) => {
    const measured: { name: ContestantName; costs: Cost[] }[] = [];
    for (const contestant of [own, other])
      measured.push({
        name: contestant.name,
        costs: await measureGrowth(contestant, options, options.onProgress),
      });
    return measured;
  });
}

async function withBoth<T>(
  { skerry, distribution, folder, signal }: RegistryBenchOptions,
  use: (own: Contestant, other: Contestant) => Promise<T>,
): Promise<T> {
  const started: Contestant[] = [];
  const start = async (name: ContestantName, how: StartRegistry) => {
    const place = join(folder, name);
    await mkdir(place, { recursive: true });
    const contestant = { name, folder: place, registry: await how(place, signal) };
    started.push(contestant);
    return contestant;
  };
  try {
    return await use(await start('skerry', skerry), await start('distribution', distribution));
  } finally {
    for (const { registry } of started) await registry.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
