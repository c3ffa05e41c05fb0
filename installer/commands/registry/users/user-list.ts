import { Command } from 'commander';
import { globalOptions } from '../../../terminal/cli-options.ts';
import type { Console } from '../../../terminal/console.ts';
import { addUsersOptions, type UsersOptions } from './users-option.ts';

export function userListCommand(console: Console): Command {
  const command = new Command('list');
  return addUsersOptions(command)
    .addHelpText('after', '\nExample:\n  skerry registry user list --store /srv/registry')
    .action(async (options: UsersOptions, command: Command) => {
      const { runUserList } = await import('./run-user-list.ts');
      await runUserList(console, options, globalOptions(command).output);
    });
}
