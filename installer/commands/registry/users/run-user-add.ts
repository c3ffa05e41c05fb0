import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { ClosedMark } from '../../../../registry/access/closed-mark.ts';
import { editUsersFile, readUsersFile } from '../../../../registry/access/edit-users.ts';
import { hashPassword, NO_PASSWORD } from '../../../../registry/access/passwords/password-hash.ts';
import { isOver } from '../../../../registry/access/permissions.ts';
import { type Account, replaceUser } from '../../../../registry/access/users-file.ts';
import { registryError } from '../../../../registry/errors.ts';
import { asUnusable } from '../../../../registry/store/files/unusable.ts';
import { type Console, type OutputFormat, print } from '../../../terminal/console.ts';
import { readNewPassword } from '../../../terminal/password-input.ts';
import { closedMarkOf } from '../store-files.ts';
import type { AddOptions } from './user-add.ts';
import { recordUserChange } from './user-audit.ts';
import { checkUserAdd, rightsOf, rightsText } from './user-rights.ts';
import { usersPlace } from './users-option.ts';

const SECRET_BYTES = 32;

export async function runUserAdd(
  console: Console,
  name: string,
  options: AddOptions,
  output: OutputFormat,
): Promise<void> {
  const { path, store } = usersPlace(options, console.env);
  const found = await readUsersFile(path);
  const before = found?.users.get(name);
  // Before a password is asked for, and again in the file as it is then.
  lineOf(name, options, { before, hash: NO_PASSWORD });
  if (store !== undefined) await makeFolder(store);
  const secret = options.robot ? randomBytes(SECRET_BYTES).toString('base64url') : undefined;
  const hash = await hashOf(console, options, secret);
  let after = '';
  // A password may take a minute to type: what others did to the file meanwhile stays.
  await editUsersFile(path, ({ text, users }) => {
    const now = users.get(name);
    if (before !== undefined && now === undefined)
      throw registryError('REGISTRY_USER_UNKNOWN', { subject: name, detail: 'it was just removed' });
    const line = lineOf(name, options, { before: now, hash });
    after = rightsText(rightsOf(options, now));
    return replaceUser(text, name, line);
  });
  if (store !== undefined) await close(store);
  await recordUserChange(store, found?.users ?? new Map(), console.env);
  const isFirst = found === undefined || found.users.size === 0;
  const kept = before !== undefined && options.allow === undefined && options.until === undefined;
  const ended = before !== undefined && isOver(rightsOf(options, before), Date.now());
  const note = store !== undefined && isFirst ? CLOSED : ended ? ENDED : undefined;
  print(console, output, { name, file: path, permissions: after, kept, secret, note }, () =>
    [
      `user      ${name}   in ${path}`,
      `may       ${after}${kept ? '   as before' : ''}`,
      ...(secret === undefined ? [] : [`secret    ${secret}   not shown again`]),
      ...(note === undefined ? [] : [note]),
    ].join('\n'),
  );
}

const CLOSED = `from now on the registry asks everybody for a login, also who only pulls: give the nodes of a cluster a user,
or let anybody pull with skerry registry serve --anonymous-pull`;

const ENDED = 'its end has passed, so it still counts for nothing: give another with --until';

/** Throws REGISTRY_USER_EXISTS, USAGE. */
function lineOf(
  name: string,
  options: AddOptions,
  { before, hash }: { readonly before: Account | undefined; readonly hash: string },
): string {
  if (before !== undefined && !options.replace)
    throw registryError('REGISTRY_USER_EXISTS', { subject: name });
  checkUserAdd(name, options, before);
  const rights = rightsOf(options, before);
  const text = rights.rules === undefined && rights.until === undefined ? [] : [rightsText(rights)];
  return [name, hash, ...(options.robot ? [`robot ${rightsText(rights)}`] : text)].join(':');
}

// The registry makes it as well; users may come first.
async function makeFolder(store: string): Promise<void> {
  await mkdir(store, { recursive: true }).catch((error: unknown) => {
    throw asUnusable(error, store);
  });
}

// The registry does so when it reads the users; it may not run now.
async function close(store: string): Promise<void> {
  await new ClosedMark(closedMarkOf(store)).set().catch((error: unknown) => {
    throw asUnusable(error, store);
  });
}

async function hashOf(
  console: Console,
  { password }: AddOptions,
  secret: string | undefined,
): Promise<string> {
  if (!password) return NO_PASSWORD;
  return await hashPassword(secret ?? (await readNewPassword(console)), randomBytes(16));
}
