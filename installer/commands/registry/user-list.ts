import { Command } from 'commander';
import { readUsersFile } from '../../../registry/access/edit-users.ts';
import { formatUntil, isOver } from '../../../registry/access/permissions.ts';
import type { Account } from '../../../registry/access/users-file.ts';
import { globalOptions } from '../../cli-options.ts';
import { type Console, print } from '../../console.ts';
import { addUsersOptions, type UsersOptions, usersPath } from './users-option.ts';

export function userListCommand(console: Console): Command {
  const command = new Command('list').description('list users and what they may do; never shows a hash');
  return addUsersOptions(command)
    .addHelpText('after', '\nExample:\n  skerry registry user list --store /srv/registry')
    .action(async (options: UsersOptions, command: Command) => {
      const { users } = await readUsersFile(usersPath(options));
      const rows = [...users.values()].map((account) => describe(account, Date.now()));
      print(console, globalOptions(command).output, rows, () => table(rows));
    });
}

interface Row {
  readonly name: string;
  readonly password: string;
  readonly may:
    | 'everything'
    | readonly { readonly repositories: string; readonly actions: readonly string[] }[];
  readonly until: string | undefined;
  readonly over: boolean;
}

function describe({ name, password, permissions }: Account, now: number): Row {
  const { rules, until } = permissions;
  return {
    name,
    password: password.kind,
    may:
      rules?.map(({ pattern, actions }) => ({ repositories: pattern.text, actions: [...actions] })) ??
      'everything',
    until: until === undefined ? undefined : formatUntil(until),
    over: isOver(permissions, now),
  };
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no users';
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, password, may, until, over }) => {
      const rules =
        may === 'everything'
          ? may
          : may.map(({ repositories, actions }) => `${repositories}=${actions.join(',')}`).join(' ');
      const end = until === undefined ? '' : `   ${over ? 'ended' : 'until'} ${until}`;
      return `${name.padEnd(width)}   ${rules}${end}${password === 'none' ? '   no password' : ''}`;
    })
    .join('\n');
}
