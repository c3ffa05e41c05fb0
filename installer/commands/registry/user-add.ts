import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { readUsersFile, writeUsersFile } from '../../../registry/access/edit-users.ts';
import { hashPassword, NO_PASSWORD } from '../../../registry/access/password-hash.ts';
import { formatPermissions, parsePermissions } from '../../../registry/access/permissions.ts';
import { isUserName, replaceUser } from '../../../registry/access/users-file.ts';
import { registryError } from '../../../registry/errors.ts';
import { globalOptions } from '../../cli-options.ts';
import { type Console, print } from '../../console.ts';
import { installerError } from '../../errors.ts';
import { readNewPassword } from '../../password-input.ts';
import { recordUserChange } from './user-audit.ts';
import { addUsersOptions, type UsersOptions, usersPath } from './users-option.ts';

interface AddOptions extends UsersOptions {
  readonly robot?: boolean;
  readonly allow?: readonly string[];
  readonly until?: string;
  readonly replace?: boolean;
  /** False for `--no-password`. */
  readonly password: boolean;
}

const SECRET_BYTES = 32;

export function userAddCommand(console: Console): Command {
  const command = new Command('add')
    .description('add a user, with a password from standard input, or a robot, whose secret is printed once')
    .argument('<name>', 'letters, digits and . _ @ -');
  return addUsersOptions(command)
    .option('--robot', 'make a secret instead of asking for a password')
    .option(
      '--allow <rule>',
      'PATTERN=ACTIONS, as often as needed; without a rule the user may do everything',
      (rule: string, before: readonly string[] = []) => [...before, rule],
    )
    .option(
      '--until <date>',
      'the last day on which it counts (2027-01-31), or a moment (2027-01-31T12:00:00Z)',
    )
    .option('--replace', 'change a user that is there')
    .option('--no-password', 'no password fits: for client certificates')
    .addHelpText('after', HELP)
    .action(async (name: string, options: AddOptions, command: Command) => {
      const path = usersPath(options);
      const permissions = permissionsOf(name, options);
      const { users } = await readUsersFile(path);
      if (users.has(name) && !options.replace) throw registryError('REGISTRY_USER_EXISTS', { subject: name });
      const secret = options.robot ? randomBytes(SECRET_BYTES).toString('base64url') : undefined;
      const hash = await hashOf(console, options, secret);
      const line = [name, hash, ...(permissions === undefined ? [] : [permissions])].join(':');
      // A password may take a minute to type: what others did to the file meanwhile stays.
      await writeUsersFile(path, replaceUser((await readUsersFile(path)).text, name, line));
      await recordUserChange(options, users, console.env);
      const result = { name, file: path, permissions: permissions ?? 'everything', secret };
      print(console, globalOptions(command).output, result, () =>
        [
          `user      ${name}   in ${path}`,
          `may       ${result.permissions}`,
          ...(secret === undefined ? [] : [`secret    ${secret}   not shown again`]),
          ...(options.store !== undefined && users.size === 0
            ? ['from now on the registry asks who pushes']
            : []),
        ].join('\n'),
      );
    });
}

const HELP = `
A rule names repositories and what may be done with them: pull, push, delete, list (see them in the
catalog), or * for all four. In a pattern * stands for part of one path component, ** for one component or more.
A registry that runs takes the change by itself within ten seconds.

Examples:
  skerry registry user add alice --store /srv/registry < password.txt
  skerry registry user add ci --store /srv/registry --robot --allow 'team/**=pull,push' --until 2027-01-31
  skerry registry user add node-1 --users users.txt --no-password --allow '**=pull'`;

async function hashOf(
  console: Console,
  { password }: AddOptions,
  secret: string | undefined,
): Promise<string> {
  if (!password) return NO_PASSWORD;
  return await hashPassword(secret ?? (await readNewPassword(console)), randomBytes(16));
}

/** The third field of the line; undefined for a user who may do everything. */
function permissionsOf(name: string, { allow = [], until, robot, password }: AddOptions): string | undefined {
  const usage = (detail: string) => installerError('USAGE', { subject: 'skerry registry user add', detail });
  if (!isUserName(name)) throw usage('a name has letters, digits and . _ @ - and at most 128 of them');
  if (robot && !password) throw usage('--robot makes a secret, --no-password wants none');
  if (robot && allow.length === 0)
    throw usage("say what the robot may do with --allow, e.g. --allow 'team/**=pull,push'");
  if (allow.length === 0 && until === undefined) return undefined;
  const rules = allow.length === 0 ? ['**=*'] : allow;
  const permissions = parsePermissions(
    [...rules, ...(until === undefined ? [] : [`until=${until}`])].join(' '),
  );
  if (typeof permissions === 'string') throw usage(permissions);
  return formatPermissions(permissions);
}
