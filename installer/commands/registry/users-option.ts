import type { Command } from 'commander';
import { installerError } from '../../errors.ts';
import { usersFileOf } from './store-files.ts';

export interface UsersOptions {
  readonly users?: string;
  readonly store?: string;
}

export function addUsersOptions(command: Command): Command {
  return command
    .option('--users <file>', 'the users file')
    .option('--store <folder>', 'the folder that a registry serves: its users file is "users" in there');
}

/** Which users file is meant. Throws USAGE unless just one is. */
export function usersPath({ users, store }: UsersOptions): string {
  if (users !== undefined && store === undefined) return users;
  if (store !== undefined && users === undefined) return usersFileOf(store);
  throw installerError('USAGE', {
    subject: 'skerry registry user',
    detail: 'give either --users or --store',
  });
}
