import { compare } from 'bcryptjs';
import { hashWithScrypt, parseScryptHash, type ScryptHash, verifyScrypt } from './scrypt-hash.ts';

/** What a users file can hold in the place of a password. */
export type PasswordHash =
  | ScryptHash
  /** As `htpasswd -B` makes them. Only the first 72 bytes of a password count, as everywhere with bcrypt. */
  | { readonly kind: 'bcrypt'; readonly text: string }
  /** No password fits: the account is one of client certificates, or is locked. */
  | { readonly kind: 'none' };

/** How an account without a password is written. */
export const NO_PASSWORD = '!';

const BCRYPT = /^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/;
/** A check of cost 14 takes more than a second of a core. */
const MAX_BCRYPT_COST = 14;

/** Undefined when the text is no hash that is understood, or one that takes too much to check. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  if (text === NO_PASSWORD) return { kind: 'none' };
  const cost = Number(BCRYPT.exec(text)?.[1] ?? Number.NaN);
  if (cost >= 4 && cost <= MAX_BCRYPT_COST) return { kind: 'bcrypt', text };
  return parseScryptHash(text);
}

/** Hashes a password for a users file. `salt` is 16 random bytes. */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  return await hashWithScrypt(password, salt);
}

/** True when the password has this hash. `compareBcrypt` may do its part elsewhere than on this thread. */
export async function verifyPassword(
  password: string,
  expected: PasswordHash,
  compareBcrypt: (password: string, hash: string) => Promise<boolean> = compare,
): Promise<boolean> {
  if (expected.kind === 'scrypt') return await verifyScrypt(password, expected);
  return expected.kind === 'bcrypt' && (await compareBcrypt(password, expected.text));
}
