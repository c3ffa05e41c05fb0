import { Command } from 'commander';
import { editUsersFile, readUsersFile } from '../../../../registry/access/edit-users.ts';
import { removeUser } from '../../../../registry/access/users-file.ts';
import { registryError } from '../../../../registry/errors.ts';
import { globalOptions } from '../../../terminal/cli-options.ts';
import { type Console, print } from '../../../terminal/console.ts';
import { recordUserChange } from './user-audit.ts';
import { addUsersOptions, type UsersOptions, usersPlace } from './users-option.ts';

export function userRemoveCommand(console: Console): Command {
  const command = new Command('remove').argument('<name>', 'as "skerry registry user list" shows it');
  return addUsersOptions(command)
    .addHelpText('after', '\nExample:\n  skerry registry user remove ci --store /srv/registry')
    .action(async (name: string, options: UsersOptions, command: Command) => {
      const { path, store } = usersPlace(options, console.env);
      const unknown = () => registryError('REGISTRY_USER_UNKNOWN', { subject: name, detail: `in ${path}` });
      const before = await readUsersFile(path);
      if (before === undefined) throw unknown();
      let left = 0;
      await editUsersFile(path, ({ text, users }) => {
        left = users.size - 1;
        const kept = removeUser(text, name);
        if (kept === undefined) throw unknown();
        return kept;
      });
      await recordUserChange(store, before.users, console.env);
      print(console, globalOptions(command).output, { removed: name, file: path, left }, () =>
        [
          `removed   ${name}   from ${path}`,
          ...(left === 0 ? ['no user is left: the registry stays closed, and every login is refused'] : []),
        ].join('\n'),
      );
    });
}
