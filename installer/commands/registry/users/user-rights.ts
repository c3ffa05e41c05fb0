import {
  EVERYTHING,
  formatPermissions,
  isOver,
  type Permissions,
  parsePermissions,
} from '../../../../registry/access/permissions.ts';
import { type Account, isUserName } from '../../../../registry/access/users-file.ts';
import { installerError } from '../../../errors.ts';

/** What is said of a user that is added or changed. */
export interface RightsOptions {
  readonly robot?: boolean;
  readonly allow?: readonly string[];
  readonly until?: string;
  /** False for `--no-password`. */
  readonly password: boolean;
}

/** What a user may do from now on: what is said, and where nothing is said, what it could before. Throws USAGE. */
export function rightsOf({ allow, until }: RightsOptions, before: Account | undefined): Permissions {
  const given = allow === undefined ? undefined : parse(allow.join(' '));
  const { rules } = given ?? before?.permissions ?? EVERYTHING;
  const kept = given?.until ?? before?.permissions.until;
  return { rules, until: until === undefined ? kept : endOf(until) };
}

/** The third field of a users file; `everything` for a user who needs none. */
export function rightsText({ rules, until }: Permissions): string {
  if (rules !== undefined) return formatPermissions({ rules, until });
  return until === undefined ? 'everything' : formatPermissions({ ...parse('**=*'), until });
}

/** Throws USAGE for what is not clear or would not do what is meant. */
export function checkUserAdd(name: string, options: RightsOptions, before: Account | undefined): void {
  const { robot, password, until } = options;
  if (!isUserName(name)) throw usage('a name has letters, digits and . _ @ - and at most 128 of them');
  if (robot && !password) throw usage('--robot makes a secret, --no-password wants none');
  const rights = rightsOf(options, before);
  const isEndKept = until === undefined && before !== undefined && rights.until === before.permissions.until;
  if (!isEndKept && isOver(rights, Date.now()))
    throw usage('the end has passed: the user could never log in');
  if (robot && rights.rules === undefined)
    throw usage("say what the robot may do with --allow, e.g. --allow 'team/**=pull,push'");
  if (before?.isRobot && !robot)
    throw usage(
      `${name} is a robot: give --robot for a new secret, or remove it first (skerry registry user remove) to make a user of it`,
    );
}

function endOf(until: string): number | undefined {
  if (until === 'never') return undefined;
  if (!/^[0-9]\S*$/.test(until))
    throw usage(`"${until}" is no date: write 2027-01-31, 2027-01-31T12:00:00Z or never`);
  return parse(`**=* until=${until}`).until;
}

function parse(text: string): Permissions {
  const permissions = parsePermissions(text);
  if (typeof permissions === 'string') throw usage(permissions);
  return permissions;
}

function usage(detail: string) {
  return installerError('USAGE', { subject: 'skerry registry user add', detail });
}
