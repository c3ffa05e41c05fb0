import { stat } from 'node:fs/promises';
import { contentError } from '../../../../content/errors.ts';
import { readUsersFile } from '../../../../registry/access/edit-users.ts';
import { formatUntil, isOver } from '../../../../registry/access/permissions.ts';
import type { Account, Users } from '../../../../registry/access/users-file.ts';
import { registryError } from '../../../../registry/errors.ts';
import { type Console, type OutputFormat, print } from '../../../terminal/console.ts';
import { type UsersOptions, type UsersPlace, usersPlace } from './users-option.ts';

export async function runUserList(
  console: Console,
  options: UsersOptions,
  output: OutputFormat,
): Promise<void> {
  const users = await usersAt(usersPlace(options, console.env));
  const rows = [...users.values()].map((account) => describe(account, Date.now()));
  print(console, output, rows, () => table(rows));
}

// A registry without users has no such file; a folder that is not there is a mistake.
async function usersAt({ path, store }: UsersPlace): Promise<Users> {
  const read = await readUsersFile(path);
  if (read !== undefined) return read.users;
  if (store === undefined)
    throw registryError('REGISTRY_USERS_UNUSABLE', { subject: path, detail: 'there is no such file' });
  if (!(await stat(store).catch(() => undefined))?.isDirectory())
    throw contentError('STORE_NOT_FOUND', {
      subject: store,
      remedy: 'Check the path: there is no such folder.',
    });
  return new Map();
}

interface Row {
  readonly name: string;
  readonly password: string;
  readonly robot: true | undefined;
  readonly may:
    | 'everything'
    | readonly { readonly repositories: string; readonly actions: readonly string[] }[];
  readonly until: string | undefined;
  readonly over: boolean;
}

function describe({ name, password, isRobot, permissions }: Account, now: number): Row {
  const { rules, until } = permissions;
  return {
    name,
    password: password.kind,
    robot: isRobot || undefined,
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
    .map(({ name, password, robot, may, until, over }) => {
      const rules =
        may === 'everything'
          ? may
          : may.map(({ repositories, actions }) => `${repositories}=${actions.join(',')}`).join(' ');
      const end = until === undefined ? '' : `   ${over ? 'ended' : 'until'} ${until}`;
      const kind = robot ? '   robot' : password === 'none' ? '   no password' : '';
      return `${name.padEnd(width)}   ${rules}${end}${kind}`;
    })
    .join('\n');
}
