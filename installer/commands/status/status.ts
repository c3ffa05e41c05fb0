import { Command } from 'commander';
import {
  addClusterOptions,
  type ClusterOptions,
  globalOptions,
  parseSeconds,
} from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';

export interface StatusCommandOptions extends ClusterOptions {
  readonly helm?: string;
  readonly watch?: boolean;
  readonly every: number;
}

export function statusCommand(console: Console): Command {
  return addClusterOptions(new Command('status'))
    .option('--helm <file>', 'a helm program; the one beside this program or on the PATH otherwise')
    .option('--watch', 'show it again and again, until Ctrl-C: drawn over, or one line of JSON per change')
    .option('--every <seconds>', 'between two looks of --watch', parseSeconds, 3)
    .addHelpText(
      'after',
      '\nExits with 1 when something is not healthy.\n\nExamples:\n  skerry status\n  skerry status --output json\n  skerry status --watch',
    )
    .action(async (options: StatusCommandOptions, command: Command) => {
      const { runStatus } = await import('../run/status.ts');
      await runStatus(console, options, globalOptions(command).output);
    });
}
