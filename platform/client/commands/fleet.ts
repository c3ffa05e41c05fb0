import { Command, Option } from 'commander';
import { type ProjectOptions, withProject } from '../options.ts';
import type { Terminal } from '../output/terminal.ts';
import { authorityCommand } from './authority.ts';
import { rolloutCommand } from './rollout/rollout.ts';

/** `more` are commands of other rooms that belong under this name. */
export function fleetCommand(terminal: Terminal, more: readonly Command[] = []): Command {
  const command = new Command('fleet');
  for (const child of [
    statusCommand(terminal),
    rolloutCommand(terminal),
    authorityCommand(terminal),
    ...more,
  ])
    command.addCommand(child);
  return command;
}

function statusCommand(terminal: Terminal): Command {
  return withProject(new Command('status'))
    .description('how all clusters fare, in some lines')
    .addOption(new Option('--all-projects', 'of all projects').conflicts('project'))
    .addHelpText(
      'after',
      '\nExits with 1 when a cluster is degraded, failed or silent.\n\nExamples:\n  skerry fleet status --all-projects\n  skerry fleet status --output json',
    )
    .action(async (options: ProjectOptions & { allProjects?: boolean }, command: Command) => {
      const { runStatus } = await import('./run-fleet.ts');
      await runStatus(terminal, options, command);
    });
}
