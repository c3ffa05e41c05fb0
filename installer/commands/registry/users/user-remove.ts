import { Command } from 'commander';
import { globalOptions } from '../../../terminal/cli-options.ts';
import type { Console } from '../../../terminal/console.ts';
import { addUsersOptions, type UsersOptions } from './users-option.ts';

export function userRemoveCommand(console: Console): Command {
  const command = new Command('remove').argument('<name>', 'as "skerry registry user list" shows it');
  return addUsersOptions(command)
    .addHelpText('after', '\nExample:\n  skerry registry user remove ci --store /srv/registry')
    .action(async (name: string, options: UsersOptions, command: Command) => {
      const { runUserRemove } = await import('./run-user-remove.ts');
      await runUserRemove(console, name, options, globalOptions(command).output);
    });
}
