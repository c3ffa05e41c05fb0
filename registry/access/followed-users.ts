import { messageOf } from '../../content/error.ts';
import type { Audit } from '../audit/audit.ts';
import { type Followed, followFiles } from '../followed-files.ts';
import type { Log } from '../request-log.ts';
import type { ClosedMark } from './closed-mark.ts';
import { readUsersFile } from './edit-users.ts';
import { userChanges } from './user-changes.ts';
import type { Users } from './users-file.ts';

export interface FollowUsersOptions {
  readonly path: string;
  /** The file need not be there yet, and until it is, the registry has no users and is open; otherwise nobody gets in. */
  readonly openWithout: boolean;
  /** Set as soon as there are users; from then on nobody gets in without the file, also after a restart. */
  readonly mark?: ClosedMark | undefined;
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
 * they were, and the log says so. Throws REGISTRY_USERS_INVALID, REGISTRY_USERS_UNUSABLE.
 */
export async function followUsers(options: FollowUsersOptions): Promise<FollowedUsers> {
  const { path, openWithout, mark, log, audit, clock } = options;
  const time = () => new Date(clock()).toISOString();
  const isClosed = (await mark?.isSet()) ?? false;
  let users: Users | undefined = openWithout && !isClosed ? undefined : new Map();
  const followed = await followFiles({
    paths: [path],
    read: async () => {
      // The Secret with the users may come after the registry.
      const read = (await readUsersFile(path))?.users;
      // Before they are asked for anything: whoever was told that the registry is closed finds it closed.
      if (read !== undefined)
        await mark?.set().catch((error: unknown) => {
          log({ time: time(), event: 'closed-mark-failed', path: mark.path, error: messageOf(error) });
        });
      return read;
    },
    onChange: (read) => {
      if (read === undefined) return log({ time: time(), event: 'users-kept', error: `${path} is gone` });
      for (const entry of userChanges(users ?? new Map(), read))
        void audit?.record(entry).catch(() => undefined);
      users = read;
      log({ time: time(), event: 'users-read', users: read.size });
    },
    onFailure: (error) => log({ time: time(), event: 'users-kept', error: messageOf(error) }),
  });
  if (followed.first === undefined && users !== undefined)
    log({
      time: time(),
      event: 'users-missing',
      path,
      ...(isClosed && mark ? afterUsers(mark) : beforeUsers),
    });
  users = followed.first ?? users;
  return { current: () => users, look: followed.look, stop: followed.stop };
}

const beforeUsers = { effect: 'nobody can log in until it is there' };

function afterUsers({ path }: ClosedMark) {
  const effect = `there were users here, so nobody can log in: put the file back, or delete ${path} and start again to serve everybody`;
  return { effect };
}
