import { Command } from 'commander';
import { type ProjectOptions, withProject, withYes } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export interface RollbackFlags extends ProjectOptions {
  readonly to?: string;
}

export function rollbackCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('rollback')))
    .description('bring the clusters of a rollout back to the version that they had')
    .argument('<name>', 'of the rollout')
    .option('--to <version>', 'this version in place of the one from before')
    .addHelpText(
      'after',
      `
The rollout is paused, and another one with the same clusters and limits begins.

Example:
  skerry fleet rollout rollback base-1.1.0`,
    )
    .action(async (name: string, flags: RollbackFlags, command: Command) => {
      const { runRollback } = await import('./run-rollout-rollback.ts');
      await runRollback(terminal, name, flags, command);
    });
}
