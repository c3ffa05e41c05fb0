import type { Measurement } from './measure.ts';
import { type Comparison, compare } from './statistics.ts';

/** One way to do the work. */
export interface Contender {
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<Measurement>;
}

/** The same work done by us and by others. */
export interface Contest {
  readonly title: string;
  readonly ours: Contender;
  readonly theirs: readonly Contender[];
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
  readonly ours: Use;
  readonly theirs: readonly { readonly name: string; readonly use: Use; readonly comparison: Comparison }[];
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
  const { title, ours, theirs } = contest;
  const all = [ours, ...theirs];
  const runs = new Map<Contender, Measurement[]>(all.map((contender) => [contender, []]));
  for (let round = 0; round < options.rounds; round++) {
    if (round > 0 && performance.now() > options.until) break;
    for (const contender of all) {
      const measurement = await contender.run(options.signal);
      runs.get(contender)?.push(measurement);
      options.onRun(title, contender.name, measurement.seconds);
    }
  }
  const ourRuns = runs.get(ours) ?? [];
  return {
    title,
    ours: most(ourRuns),
    theirs: theirs.map((contender) => {
      const theirRuns = runs.get(contender) ?? [];
      return { name: contender.name, use: most(theirRuns), comparison: comparePairs(ourRuns, theirRuns) };
    }),
  };
}

function comparePairs(ours: readonly Measurement[], theirs: readonly Measurement[]): Comparison {
  return compare(
    ours.map(({ seconds }, round) => ({ ours: seconds, theirs: theirs[round]?.seconds ?? Number.NaN })),
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
