import { Command, InvalidArgumentError, Option } from 'commander';
import { parseRepositoryPattern } from '../../../registry/repository-pattern.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { addStoreOption, type StoreOption } from './store-option.ts';

const ORDERS = ['bytes', 'own', 'name'] as const;

export type Order = (typeof ORDERS)[number];

export interface UsageCommandOptions extends StoreOption {
  readonly repository?: string;
  readonly sort: Order;
}

export function usageCommand(console: Console): Command {
  const command = new Command('usage');
  return addStoreOption(command)
    .addOption(
      new Option(
        '--repository <pattern>',
        'only these, e.g. team/** (** any components, * within one)',
      ).argParser(parsePattern),
    )
    .addOption(new Option('--sort <order>', 'largest first, or by name').choices(ORDERS).default('bytes'))
    .addHelpText(
      'after',
      '\nA file that several repositories hold counts in each, and once in the total.\n\nExamples:\n  skerry registry usage --store /srv/registry\n  skerry registry usage --store /srv/registry --repository "team/**" --sort own',
    )
    .action(async (options: UsageCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runUsage } = await import('./run-usage.ts');

      await interruptible(
        (signal) => runUsage(console, options, { output, signal }),
        (error) => reportError(console, output, error),
      );
    });
}

function parsePattern(text: string): string {
  if (parseRepositoryPattern(text) === undefined)
    throw new InvalidArgumentError('a pattern of repositories such as team/app, team/* or team/**');
  return text;
}
