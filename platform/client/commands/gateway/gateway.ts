import { Command } from 'commander';
import { type ListFlags, withList, withProject } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';
import { backupCommand, keyCommand, moveCommand, restoreCommand } from './gateway-backup.ts';

/** `more` are commands that need more than a hub. */
export function gatewayCommand(terminal: Terminal, more: readonly Command[] = []): Command {
  const command = new Command('gateway');
  const own = [listCommand, showCommand, keyCommand, backupCommand, restoreCommand, moveCommand];
  for (const one of [...own.map((make) => make(terminal)), ...more]) command.addCommand(one);
  return command;
}

function listCommand(terminal: Terminal): Command {
  return withList(new Command('list'))
    .description('the gateways of a project, or of all')
    .addHelpText('after', '\nExample:\n  skerry gateway list --all-projects')
    .action(async (options: ListFlags, command: Command) => {
      const { runList } = await import('./run-gateway-look.ts');
      await runList(terminal, options, command);
    });
}

function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('one gateway: whether it works, its address pools and sizes, its last backup')
    .argument('<name>', 'of the gateway')
    .option('--watch', 'show it again after each change, until Ctrl-C')
    .addHelpText('after', '\nExample:\n  skerry gateway show site')
    .action(async (name: string, options: { watch?: boolean }, command: Command) => {
      const { runShow } = await import('./run-gateway-look.ts');
      await runShow(terminal, name, options, command);
    });
}
