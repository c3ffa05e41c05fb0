import { Command } from 'commander';
import { addClusterOptions, type ClusterOptions, globalOptions } from '../terminal/cli-options.ts';
import type { Console } from '../terminal/console.ts';

export interface RollbackCommandOptions extends ClusterOptions {
  readonly helm?: string;
  readonly plan?: boolean;
  readonly yes?: boolean;
}

export function rollbackCommand(console: Console): Command {
  return addClusterOptions(new Command('rollback'))
    .option('--plan', 'say what would be done, and stop')
    .option('--yes', 'do not ask')
    .option('--helm <file>', 'a helm program; the one beside this program or on the PATH otherwise')
    .addHelpText(
      'after',
      `
Returns everything to the checkpoint of the last upgrade, or of the one that is under way: components, definitions, objects
and settings. No stick is needed. What users changed since the checkpoint is lost; what they made since stays.

Examples:
  skerry rollback --plan
  skerry rollback --yes`,
    )
    .action(async (options: RollbackCommandOptions, command: Command) => {
      const { runRollback } = await import('./upgrade/run-rollback.ts');
      await runRollback(console, options, globalOptions(command).output);
    });
}
