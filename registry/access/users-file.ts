import { registryError } from '../errors.ts';
import { parseScryptHash, type ScryptHash } from './password-hash.ts';

/** Password hashes by user name. */
export type Users = ReadonlyMap<string, ScryptHash>;

const USER = /^[A-Za-z0-9._@-]{1,128}$/;

/**
 * Reads a users file in htpasswd's form: one `NAME:HASH` per line; empty lines and those that begin with `#` don't
 * count, and of a name that comes twice the last line does. `subject` names the file in errors.
 * Throws REGISTRY_USERS_INVALID; never says what the line held.
 */
export function parseUsers(text: string, subject: string): Users {
  const users = new Map<string, ScryptHash>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const hash = parseScryptHash(line.slice(colon + 1));
    const at = `line ${index + 1}`;
    if (!USER.test(name))
      throw registryError('REGISTRY_USERS_INVALID', { subject, detail: `${at}: no valid name` });
    if (hash === undefined) {
      throw registryError('REGISTRY_USERS_INVALID', {
        subject,
        detail: `${at}: not a hash that is understood`,
      });
    }
    users.set(name, hash);
  }
  return users;
}
