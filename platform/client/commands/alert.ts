import { Command } from 'commander';
import { type ListFlags, withList, withProject } from '../options.ts';
import type { Terminal } from '../output/terminal.ts';

export function alertCommand(terminal: Terminal): Command {
  const command = new Command('alert');
  for (const make of [listCommand, showCommand, receiversCommand]) command.addCommand(make(terminal));
  return command;
}

export interface AlertFlags extends ListFlags {
  readonly all?: boolean;
}

function listCommand(terminal: Terminal): Command {
  return withList(new Command('list'))
    .description('the alerts that are firing, worst first')
    .option('--all', 'also those that are resolved')
    .addHelpText('after', '\nExamples:\n  skerry alert list --all-projects\n  skerry alert list --watch')
    .action(async (options: AlertFlags, command: Command) => {
      const { runList } = await import('./run-alert.ts');
      await runList(terminal, options, command);
    });
}

function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('one alert, and to whom it was sent')
    .argument('<name>', 'of the alert')
    .addHelpText('after', '\nExample:\n  skerry alert show edge-1-agentsilent')
    .action(async (name: string, _options: object, command: Command) => {
      const { runShow } = await import('./run-alert.ts');
      await runShow(terminal, name, command);
    });
}

function receiversCommand(terminal: Terminal): Command {
  return withList(new Command('receivers'))
    .description('where alerts are sent; skerry apply makes and changes receivers')
    .addHelpText('after', '\nExample:\n  skerry alert receivers')
    .action(async (options: ListFlags, command: Command) => {
      const { runReceivers } = await import('./run-alert.ts');
      await runReceivers(terminal, options, command);
    });
}
