import { Command, InvalidArgumentError } from 'commander';
import { addClusterOptions, type ClusterOptions, globalOptions } from '../terminal/cli-options.ts';
import type { Console } from '../terminal/console.ts';

export interface UninstallCommandOptions extends ClusterOptions {
  readonly helm?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly delete: readonly string[];
  readonly timeout: number;
}

export function uninstallCommand(console: Console): Command {
  return addClusterOptions(new Command('uninstall'))
    .option('--yes', 'do not ask')
    .option('--dry-run', 'name it, and stop')
    .option(
      '--delete <kind>',
      'delete also the objects of a guarded kind, e.g. clusters.skerry.dev; may be repeated',
      (word: string, earlier: readonly string[] = []) => [...earlier, word],
      [],
    )
    .option('--timeout <seconds>', 'how long to wait while nothing more goes away', parseSeconds, 60)
    .option('--helm <file>', 'a helm program; the one beside this program or on the PATH otherwise')
    .addHelpText(
      'after',
      `
All content of the private registry goes with it; clusters and volumes of others stay.
Managed clusters keep what they run, and their agents go on; they are forgotten only with --delete clusters.skerry.dev.

Examples:
  skerry uninstall --dry-run
  skerry uninstall --yes`,
    )
    .action(async (options: UninstallCommandOptions, command: Command) => {
      const { runUninstall } = await import('./run/uninstall.ts');
      await runUninstall(console, options, globalOptions(command).output);
    });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 86_400)
    throw new InvalidArgumentError('whole seconds, from 1 to 86400');
  return seconds;
}
