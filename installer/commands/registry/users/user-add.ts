import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { Command } from 'commander';
import { ClosedMark } from '../../../../registry/access/closed-mark.ts';
import { editUsersFile, readUsersFile } from '../../../../registry/access/edit-users.ts';
import { hashPassword, NO_PASSWORD } from '../../../../registry/access/passwords/password-hash.ts';
import { isOver } from '../../../../registry/access/permissions.ts';
import { type Account, replaceUser } from '../../../../registry/access/users-file.ts';
import { registryError } from '../../../../registry/errors.ts';
import { asUnusable } from '../../../../registry/store/files/unusable.ts';
import { collect, globalOptions } from '../../../terminal/cli-options.ts';
import { type Console, type OutputFormat, print } from '../../../terminal/console.ts';
import { readNewPassword } from '../../../terminal/password-input.ts';
import { closedMarkOf } from '../store-files.ts';
import { recordUserChange } from './user-audit.ts';
import { checkUserAdd, type RightsOptions, rightsOf, rightsText } from './user-rights.ts';
import { addUsersOptions, type UsersOptions, usersPlace } from './users-option.ts';

interface AddOptions extends UsersOptions, RightsOptions {
  readonly replace?: boolean;
}

const SECRET_BYTES = 32;

export function userAddCommand(console: Console): Command {
  const command = new Command('add').argument('<name>', 'letters, digits and . _ @ -');
  return addUsersOptions(command)
    .option('--robot', 'make a secret instead of asking for a password')
    .option(
      '--allow <rule>',
      'PATTERN=ACTIONS, as often as needed; without a rule a new user may do everything',
      collect,
    )
    .option(
      '--until <date>',
      'the last day on which it counts (2027-01-31), a moment (2027-01-31T12:00:00Z), or never',
    )
    .option(
      '--replace',
      'change the password or secret of a user that is there; its rules and its end stay unless given again',
    )
    .option('--no-password', 'no password fits: for client certificates')
    .addHelpText('after', HELP)
    .action(async (name: string, options: AddOptions, command: Command) => {
      await add(console, name, options, globalOptions(command).output);
    });
}

const HELP = `
A rule names repositories and what may be done with them: pull, push, delete, list (see them in the
catalog), or * for all four. In a pattern * stands for part of one path component, ** for one component or more.
A registry that runs takes the change by itself within ten seconds. With its first user it closes: from then on
pulling needs a login too, also for the nodes of a cluster, unless it is served with --anonymous-pull.

Examples:
  skerry registry user add alice --store /srv/registry < password.txt
  skerry registry user add alice --store /srv/registry --replace < new-password.txt
  skerry registry user add ci --store /srv/registry --robot --allow 'team/**=pull,push' --until 2027-01-31
  skerry registry user add node-1 --users users.txt --no-password --allow '**=pull'`;

async function add(console: Console, name: string, options: AddOptions, output: OutputFormat): Promise<void> {
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
