import { readFile } from 'node:fs/promises';
import { hasCode } from '../../content/blob-file.ts';
import { messageOf } from '../../content/error.ts';
import type { Audit } from '../audit/audit.ts';
import { type Followed, followFiles } from '../followed-files.ts';
import type { Log } from '../request-log.ts';
import { userChanges } from './user-changes.ts';
import { parseUsers, type Users } from './users-file.ts';

export interface FollowUsersOptions {
  readonly path: string;
  /** The file need not be there yet, and until it is, the registry has no users and is open; otherwise nobody gets in. */
  readonly openWithout: boolean;
  readonly log: Log;
  /** Where changes of accounts are written down. */
  readonly audit?: Audit | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export interface FollowedUsers extends Pick<Followed<unknown>, 'look' | 'stop'> {
  /** The accounts as they are now; undefined while there is no file that says who they are. */
  current(): Users | undefined;
}

/**
 * Reads a users file and follows its changes. A file that breaks or goes away later changes nothing: the accounts stay as
 * they were, and the log says so. Throws REGISTRY_USERS_INVALID.
 */
export async function followUsers(options: FollowUsersOptions): Promise<FollowedUsers> {
  const { path, openWithout, log, audit, clock } = options;
  const time = () => new Date(clock()).toISOString();
  let users: Users | undefined = openWithout ? undefined : new Map();
  const followed = await followFiles({
    paths: [path],
    read: async () => await readUsers(path),
    onChange: (read) => {
      if (read === undefined) return log({ time: time(), event: 'users-kept', error: `${path} is gone` });
      for (const entry of userChanges(users ?? new Map(), read))
        void audit?.record(entry).catch(() => undefined);
      users = read;
      log({ time: time(), event: 'users-read', users: read.size });
    },
    onFailure: (error) => log({ time: time(), event: 'users-kept', error: messageOf(error) }),
  });
  users = followed.first ?? users;
  return { current: () => users, look: followed.look, stop: followed.stop };
}

// The Secret with the users may come after the registry.
async function readUsers(path: string): Promise<Users | undefined> {
  try {
    return parseUsers(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
