import { createHash } from 'node:crypto';
import { registryError } from '../errors.ts';
import { type PasswordHash, parsePasswordHash } from './passwords/password-hash.ts';
import { EVERYTHING, type Permissions, parsePermissions } from './permissions.ts';

/** One line of a users file. */
export interface Account {
  readonly name: string;
  readonly password: PasswordHash;
  readonly permissions: Permissions;
  /** Its password is a secret that was made for a machine. */
  readonly isRobot: boolean;
  /** Changes with the password: what was made with the old one is worth nothing then. Not a secret, yet not for show. */
  readonly fingerprint: string;
}

/** Accounts by name. */
export type Users = ReadonlyMap<string, Account>;

const USER = /^[A-Za-z0-9._@-]{1,128}$/;

/**
 * Reads a users file in htpasswd's form, with a field more: one `NAME:HASH` or `NAME:HASH:PERMISSIONS` per line. Who has
 * no third field may do everything; the word `robot` may stand before its rules. Empty lines and those that begin with
 * `#` don't count, and of a name that comes twice the last line does. `subject` names the file in errors.
 * Throws REGISTRY_USERS_INVALID; never says what a hash was.
 */
export function parseUsers(text: string, subject: string): Users {
  const users = new Map<string, Account>();
  for (const [index, line] of text.split('\n').entries()) {
    const name = userOfLine(line);
    if (name === undefined) continue;
    const account = parseAccount(name, line.trim().slice(name.length + 1));
    if (typeof account === 'string') {
      throw registryError('REGISTRY_USERS_INVALID', { subject, detail: `line ${index + 1}: ${account}` });
    }
    users.set(name, account);
  }
  return users;
}

export function isUserName(name: string): boolean {
  return USER.test(name);
}

/** Writes an account's line in the place of the ones that it had, or at the end. Everything else stays as it is. */
export function replaceUser(text: string, name: string, line: string): string {
  const lines = text.split('\n');
  const at = lines.findLastIndex((each) => userOfLine(each) === name);
  if (at !== -1) lines[at] = line;
  else lines.splice(lines.at(-1) === '' ? -1 : lines.length, 0, line);
  const kept = lines.filter((each) => each === line || userOfLine(each) !== name);
  return ended(kept.join('\n'));
}

/** The text without an account; undefined when it has none of that name. */
export function removeUser(text: string, name: string): string | undefined {
  const lines = text.split('\n');
  const kept = lines.filter((line) => userOfLine(line) !== name);
  return kept.length === lines.length ? undefined : ended(kept.join('\n'));
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** What stands before the first colon; undefined for an empty line or a comment. */
function userOfLine(line: string): string | undefined {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const colon = text.indexOf(':');
  return colon === -1 ? '' : text.slice(0, colon);
}

// Gives what is wrong as a sentence.
function parseAccount(name: string, rest: string): Account | string {
  if (!isUserName(name)) return 'no valid name';
  const colon = rest.indexOf(':');
  const hash = colon === -1 ? rest : rest.slice(0, colon);
  const password = parsePasswordHash(hash);
  if (password === undefined) return 'not a hash that is understood';
  const [, robot, rules = ''] = /^(robot(?=\s|$))?(.*)$/.exec(rest.slice(colon + 1).trim()) ?? [];
  const permissions = colon === -1 ? EVERYTHING : parsePermissions(rules);
  if (typeof permissions === 'string') return permissions;
  const fingerprint = createHash('sha256').update(hash).digest('base64url');
  return { name, password, permissions, isRobot: colon !== -1 && robot !== undefined, fingerprint };
}
