import type { Command } from 'commander';
import type { SkerryError } from '../../../content/error.ts';
import { planMirror } from '../../../mirror/run/plan-mirror.ts';
import { tellWaits } from '../../copy/registry-waits.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { withMirror } from './with-mirror.ts';

type Plans = Awaited<ReturnType<typeof planMirror>>;

export interface Look {
  /** Find out bytes and requests as well. */
  readonly costs: boolean;
  readonly describe: (jobs: Plans) => string;
  /** The error to end with. */
  readonly verdict: (jobs: Plans) => SkerryError | undefined;
}

/** Compares both sides of a mirror file, prints what was found, and changes nothing. */
export function addLook(console: Console, command: Command, { costs, describe, verdict }: Look): Command {
  return command
    .argument('<file>', 'a mirror.yaml')
    .option('--helm <file>', 'the helm program that renders charts')
    .action(async (path: string, { helm }: { helm?: string }, self: Command) => {
      const { output } = globalOptions(self);
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
    });
}
