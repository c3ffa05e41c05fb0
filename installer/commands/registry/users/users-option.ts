import type { Command } from 'commander';
import { installerError } from '../../../errors.ts';
import { usersFileOf } from '../store-files.ts';

export interface UsersOptions {
  readonly users?: string;
  readonly store?: string;
}

/** Which users file is meant, and the folder of the registry that it belongs to, if that was said. */
export interface UsersPlace {
  readonly path: string;
  readonly store?: string | undefined;
}

export function addUsersOptions(command: Command): Command {
  return command
    .option('--users <file>', 'the users file')
    .option(
      '--store <folder>',
      'the folder that a registry serves: its users file is "users" in there; $SKERRY_STORE otherwise',
    );
}

/** Throws USAGE unless just one is meant. */
export function usersPlace(options: UsersOptions, env: NodeJS.ProcessEnv): UsersPlace {
  const { users } = options;
  const store = options.store ?? (users === undefined ? env.SKERRY_STORE : undefined);
  if (users && store === undefined) return { path: users };
  if (store && users === undefined) return { path: usersFileOf(store), store };
  throw installerError('USAGE', {
    subject: 'skerry registry user',
    detail: 'give either --users or --store, or name the store in SKERRY_STORE',
  });
}
