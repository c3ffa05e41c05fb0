import type { SkerryError } from '../../../content/error.ts';
import { planMirror } from '../../../mirror/run/plan-mirror.ts';
import { verdictOf, verdictOfCheck } from '../../../mirror/run/verdict.ts';
import { tellWaits } from '../../copy/registry-waits.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { describeCheck, describePlans } from './plan-report.ts';
import { withMirror } from './with-mirror.ts';

export interface LookOptions {
  readonly helm?: string;
}

type Plans = Awaited<ReturnType<typeof planMirror>>;

export interface Look {
  /** Find out bytes and requests as well. */
  readonly costs: boolean;
  readonly describe: (jobs: Plans) => string;
  /** The error to end with. */
  readonly verdict: (jobs: Plans) => SkerryError | undefined;
}

/** What `plan` says. */
export const PLAN: Look = { costs: true, describe: describePlans, verdict: verdictOf };

/** What `check` says. */
export const CHECK: Look = { costs: false, describe: describeCheck, verdict: verdictOfCheck };

/** Compares both sides of a mirror file, prints what was found, and changes nothing. */
export async function runLook(
  console: Console,
  path: string,
  { helm }: LookOptions,
  output: OutputFormat,
  { costs, describe, verdict }: Look,
): Promise<void> {
  await interruptible(
    async (signal) => {
      const onWait = tellWaits(console, output, () => {});
      const input = { env: console.env, helm, signal, onWait };
      const jobs = await withMirror(path, input, (context) => planMirror(context, { costs }));
      print(console, output, { jobs }, () => describe(jobs));
      const error = verdict(jobs);
      if (error !== undefined) throw error;
    },
    (error) => reportError(console, output, error),
  );
}
