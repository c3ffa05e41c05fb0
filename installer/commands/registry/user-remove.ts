import { Command } from 'commander';
import { readUsersFile, writeUsersFile } from '../../../registry/access/edit-users.ts';
import { removeUser } from '../../../registry/access/users-file.ts';
import { registryError } from '../../../registry/errors.ts';
import { globalOptions } from '../../cli-options.ts';
import { type Console, print } from '../../console.ts';
import { recordUserChange } from './user-audit.ts';
import { addUsersOptions, type UsersOptions, usersPath } from './users-option.ts';

export function userRemoveCommand(console: Console): Command {
  const command = new Command('remove')
    .description('remove a user; the tokens that it was given end with it')
    .argument('<name>', 'as "skerry registry user list" shows it');
  return addUsersOptions(command)
    .addHelpText('after', '\nExample:\n  skerry registry user remove ci --store /srv/registry')
    .action(async (name: string, options: UsersOptions, command: Command) => {
      const path = usersPath(options);
      const { users, text: before } = await readUsersFile(path);
      const text = removeUser(before, name);
      if (text === undefined)
        throw registryError('REGISTRY_USER_UNKNOWN', { subject: name, detail: `in ${path}` });
      await writeUsersFile(path, text);
      await recordUserChange(options, users, console.env);
      print(
        console,
        globalOptions(command).output,
        { removed: name, file: path },
        () => `removed   ${name}   from ${path}`,
      );
    });
}
