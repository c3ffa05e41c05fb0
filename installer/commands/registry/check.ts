import { Command } from 'commander';
import type { LoginFiles } from '../../copy/content-location.ts';
import { parseRate } from '../../copy/rate.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { addStoreOption, type StoreOption } from './store-option.ts';

export interface CheckOptions extends StoreOption, LoginFiles {
  readonly rate?: number;
  readonly all?: boolean;
  readonly repairFrom?: readonly string[];
}

export function checkCommand(console: Console): Command {
  const command = new Command('check');
  return addStoreOption(command)
    .option('--rate <rate>', 'read no faster than this, e.g. 50MB/s; as fast as it goes otherwise', parseRate)
    .option('--all', 'begin again from the start, also when the last check was interrupted')
    .option(
      '--repair-from <source...>',
      'fetch what is damaged or missing from a bundle, a folder, or a registry as http(s)://HOST[:PORT]; several are asked in this order',
    )
    .option('--username-file <file>', 'user for the registries; credentials of docker login otherwise')
    .option('--password-file <file>', 'their password')
    .addHelpText(
      'after',
      '\nA registry may go on serving the folder: it does the work itself then, and sources are paths as it sees them.\nWhat is corrupt is quarantined at once and never served. Exit code 3 when something is still missing at the end.\n\nExamples:\n  skerry registry check --store /srv/registry --rate 50MB/s\n  skerry registry check --store /srv/registry --repair-from stick/skerry-0.1.0.bundle.tar https://registry.example.com',
    )
    .action(async (options: CheckOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runCheck } = await import('./run-check.ts');

      await interruptible(
        (signal) => runCheck(console, options, { output, signal }),
        (error) => reportError(console, output, error),
      );
    });
}
