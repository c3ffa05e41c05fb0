import { messageOf } from '../../content/error.ts';
import type { Audit } from '../audit/audit.ts';
import type { Log } from '../log.ts';
import { type WatchedFiles, watchFiles } from '../watched-files.ts';
import type { ClosedMark } from './closed-mark.ts';
import { readUsersFile } from './edit-users.ts';
import { userChanges } from './user-changes.ts';
import type { Users } from './users-file.ts';

export interface WatchUsersOptions {
  readonly path: string;
  /** The file need not be there yet, and until it is, the registry has no users and is open; otherwise all are refused. */
  readonly openWithout: boolean;
  /** Set as soon as there are users; from then on all are refused without the file, also after a restart. */
  readonly mark?: ClosedMark | undefined;
  readonly log: Log;
  /** Where changes of accounts are written down. */
  readonly audit?: Audit | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export interface WatchedUsers extends Pick<WatchedFiles<unknown>, 'look' | 'stop'> {
  /** The accounts as they are now; undefined while there is no file that says who they are. */
  current(): Users | undefined;
}

/**
 * Reads a users file and follows its changes. A file that breaks or goes away later changes nothing: the accounts stay as
 * they were, and the log says so. Throws REGISTRY_USERS_INVALID, REGISTRY_USERS_UNUSABLE.
 */
export async function watchUsers(options: WatchUsersOptions): Promise<WatchedUsers> {
  const { path, openWithout, mark, log, audit, clock } = options;
  const time = () => new Date(clock()).toISOString();
  const isClosed = (await mark?.isSet()) ?? false;
  let users: Users | undefined = openWithout && !isClosed ? undefined : new Map();
  const watched = await watchFiles({
    paths: [path],
    read: async () => {
      // The Secret with the users may come after the registry.
      const read = (await readUsersFile(path))?.users;
      // Before the users take effect: a registry that reported itself closed must stay closed after a crash.
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
  if (watched.first === undefined && users !== undefined)
    log({
      time: time(),
      event: 'users-missing',
      path,
      ...(isClosed && mark ? afterUsers(mark) : beforeUsers),
    });
  users = watched.first ?? users;
  return { current: () => users, look: watched.look, stop: watched.stop };
}

const beforeUsers = { effect: 'nobody can log in until it is there' };

function afterUsers({ path }: ClosedMark) {
  const effect = `there were users here, so nobody can log in: put the file back, or delete ${path} and start again to serve everybody`;
  return { effect };
}
