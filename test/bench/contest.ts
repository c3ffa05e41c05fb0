import type { Measurement } from './measure.ts';
import { type Comparison, compare } from './statistics.ts';

/** One way to do the work. */
export interface Contender {
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<Measurement>;
}

/** The same work done in several ways, all compared with the first. */
export interface Contest {
  readonly title: string;
  readonly baseline: Contender;
  /** The first of these is the one that must not be slower than the baseline. */
  readonly others: readonly Contender[];
}

/** What a contender used at most in any round. Bytes. */
export interface Use {
  readonly peakBytes: number;
  readonly togetherBytes: number;
  readonly writtenBytes: number;
  /** Processor seconds, at most. */
  readonly cpuSeconds: number;
  readonly registryPeakBytes: number;
}

export interface ContestResult {
  readonly title: string;
  readonly baseline: { readonly name: string; readonly use: Use };
  readonly others: readonly { readonly name: string; readonly use: Use; readonly comparison: Comparison }[];
  /** The first of the others, compared with each of the rest and with the baseline. */
  readonly rivals: readonly { readonly name: string; readonly comparison: Comparison }[];
}

export interface RoundOptions {
  readonly rounds: number;
  /** After this time (performance.now()) no new round is begun; the first one always is. */
  readonly until: number;
  readonly signal: AbortSignal;
  readonly onRun: (title: string, contender: string, seconds: number) => void;
}

/** Runs all contenders one after the other, round by round, and compares them within each round. */
export async function holdContest(contest: Contest, options: RoundOptions): Promise<ContestResult> {
  const { title, baseline, others } = contest;
  const all = [baseline, ...others];
  const runs = new Map<Contender, Measurement[]>(all.map((contender) => [contender, []]));
  for (let round = 0; round < options.rounds; round++) {
    if (round > 0 && performance.now() > options.until) break;
    for (const contender of all) {
      const measurement = await contender.run(options.signal);
      runs.get(contender)?.push(measurement);
      options.onRun(title, contender.name, measurement.seconds);
    }
  }
  const baselineRuns = runs.get(baseline) ?? [];
  const [first, ...rest] = others;
  const firstRuns = (first && runs.get(first)) ?? [];
  return {
    title,
    baseline: { name: baseline.name, use: most(baselineRuns) },
    others: others.map((contender) => {
      const own = runs.get(contender) ?? [];
      return { name: contender.name, use: most(own), comparison: comparePairs(own, baselineRuns) };
    }),
    rivals: [baseline, ...rest].map((rival) => ({
      name: rival.name,
      comparison: comparePairs(firstRuns, runs.get(rival) ?? []),
    })),
  };
}

function comparePairs(own: readonly Measurement[], baseline: readonly Measurement[]): Comparison {
  return compare(
    own.map(({ seconds }, round) => ({ own: seconds, baseline: baseline[round]?.seconds ?? Number.NaN })),
  );
}

function most(runs: readonly Measurement[]): Use {
  const highest = (pick: (run: Measurement) => number) => Math.max(...runs.map(pick));
  return {
    peakBytes: highest(({ peakBytes }) => peakBytes),
    togetherBytes: highest(({ togetherBytes }) => togetherBytes),
    writtenBytes: highest(({ writtenBytes }) => writtenBytes),
    cpuSeconds: highest(({ cpuSeconds }) => cpuSeconds),
    registryPeakBytes: highest(({ registryPeakBytes = 0 }) => registryPeakBytes),
  };
}
