import { editUsersFile, readUsersFile } from '../../../../registry/access/edit-users.ts';
import { removeUser } from '../../../../registry/access/users-file.ts';
import { registryError } from '../../../../registry/errors.ts';
import { type Console, type OutputFormat, print } from '../../../terminal/console.ts';
import { recordUserChange } from './user-audit.ts';
import { type UsersOptions, usersPlace } from './users-option.ts';

export async function runUserRemove(
  console: Console,
  name: string,
  options: UsersOptions,
  output: OutputFormat,
): Promise<void> {
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
  print(console, output, { removed: name, file: path, left }, () =>
    [
      `removed   ${name}   from ${path}`,
      ...(left === 0 ? ['no user is left: the registry stays closed, and every login is refused'] : []),
    ].join('\n'),
  );
}
