import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import type { StepTime } from '../../terminal/steps.ts';
import type { upgradeResult } from './report.ts';

/** What came of one hop, for programs and for people. */
export interface HopOutcome {
  readonly result: ReturnType<typeof upgradeResult>;
  readonly changed: boolean;
  readonly times: readonly StepTime[];
  readonly text: string;
}

export interface HopRun {
  readonly console: Console;
  readonly output: OutputFormat;
  /** Milliseconds since it was begun. */
  readonly elapsed: () => number;
  /** What was done before the first hop. */
  readonly times: readonly StepTime[];
}

/**
 * Runs hops one after the other, and prints what came of them: people read it after each, programs get one document at
 * the end. Where a later hop fails, the document has those that were finished: they stay.
 */
export async function runHops(run: HopRun, hops: readonly (() => Promise<HopOutcome>)[]): Promise<void> {
  const { console, output } = run;
  const done: HopOutcome[] = [];
  try {
    for (const hop of hops) {
      const outcome = await hop();
      done.push(outcome);
      if (output === 'text') print(console, output, undefined, () => outcome.text);
    }
  } finally {
    if (output === 'json' && done.length > 0) print(console, output, wholeResult(run, done), () => '');
  }
}

/** All hops as one: from where the first began to where the last ended; what else is said of one hop is the last one's. */
function wholeResult({ elapsed, times }: HopRun, done: readonly HopOutcome[]) {
  return {
    ...done.at(-1)?.result,
    from: done[0]?.result.from,
    changed: done.some(({ changed }) => changed),
    durationMs: Math.round(elapsed()),
    times: [...times, ...done.flatMap((hop) => hop.times)],
    hops: done.map(({ result, changed, times }) => ({ ...result, changed, times })),
  };
}
