import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { addStateOption, parseAge, type StateOption } from './state-option.ts';

export interface StatusOptions extends StateOption {
  readonly maxAge?: number;
}

export function mirrorStatusCommand(console: Console): Command {
  const command = new Command('status')
    .description('say how the last run of a mirror ended, and when the next one is due')
    .argument('<file>', 'a mirror.yaml')
    .option('--max-age <duration>', 'fail when the last good run is older, e.g. 36h', parseAge);
  return addStateOption(command)
    .addHelpText(
      'after',
      '\nExit codes: 0 the last run was good, 6 something failed in it, 1 the last good run is too old.\n\nExample:\n  skerry mirror status mirror.yaml --max-age 36h',
    )
    .action(async (path: string, options: StatusOptions, command: Command) => {
      const { runStatus } = await import('./run-status.ts');
      await runStatus(console, path, options, globalOptions(command).output);
    });
}
