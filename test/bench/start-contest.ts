import { join } from 'node:path';
import type { Contender, Contest } from './contest.ts';
import { type Measurement, measure } from './measure.ts';
import { median } from './statistics.ts';

export interface StartContest {
  readonly skerry: string;
  /** A folder of the contest's own. */
  readonly work: string;
}

/** Of one start nothing can be said: it is over before a machine has settled. */
const STARTS = 7;
/** Short runs are looked at often. */
const SAMPLE_MS = 4;

const COMMANDS: readonly (readonly string[])[] = [
  ['--version'],
  ['--help'],
  ['completion', 'bash'],
  ['bundle', 'create', '--help'],
  ['registry', 'serve', '--help'],
  ['status', '--help'],
];

/** What commands take before they do anything, against Node that has nothing to do. */
export function startContest({ skerry, work }: StartContest): Contest {
  const contender = (name: string, file: string, args: readonly string[]): Contender => ({
    name,
    run: async (signal) => {
      const runs: Measurement[] = [];
      for (let start = 0; start < STARTS; start++)
        runs.push(await measure({ file, args, scratch: join(work, 'scratch'), signal, sampleMs: SAMPLE_MS }));
      return typical(runs);
    },
  });
  return {
    title: 'start',
    baseline: contender('node itself', process.execPath, ['--eval', '0']),
    others: COMMANDS.map((args) => contender(`skerry ${args.join(' ')}`, skerry, args)),
  };
}

function typical(runs: readonly Measurement[]): Measurement {
  const middle = (pick: (run: Measurement) => number) => median(runs.map(pick));
  return {
    seconds: middle(({ seconds }) => seconds),
    cpuSeconds: middle(({ cpuSeconds }) => cpuSeconds),
    peakBytes: middle(({ peakBytes }) => peakBytes),
    togetherBytes: middle(({ togetherBytes }) => togetherBytes),
    writtenBytes: 0,
  };
}
