import { Command } from 'commander';
import { type ListFlags, withList, withProject } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export function listCommand(terminal: Terminal): Command {
  return withList(new Command('list'))
    .description('the rollouts of a project, or of all')
    .addHelpText('after', '\nExample:\n  skerry fleet rollout list --watch')
    .action(async (options: ListFlags, command: Command) => {
      const { runList } = await import('./run-rollout-look.ts');
      await runList(terminal, options, command);
    });
}

export function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('how far a rollout is')
    .argument('<name>', 'of the rollout')
    .option('--watch', 'show it again after each change, until Ctrl-C')
    .addHelpText('after', '\nExample:\n  skerry fleet rollout show base-1.1.0 --watch')
    .action(async (name: string, options: { watch?: boolean }, command: Command) => {
      const { runShow } = await import('./run-rollout-look.ts');
      await runShow(terminal, name, options, command);
    });
}
