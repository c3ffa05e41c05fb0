import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { tryJson } from '../../content/json.ts';
import type { Credentials } from '../../content/remote/credentials.ts';
import { mirrorError } from '../errors.ts';

/** Logins by host. */
export type Logins = Readonly<Record<string, Credentials>>;

/** scrypt as RFC 7914 with N = 2^17: a guess costs 128 MiB and a third of a second. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** NIST SP 800-38D, section 8.2. */
const NONCE_BYTES = 12;
const Base64 = z.base64().max(16 * 1024 * 1024);

const FileSchema = z.strictObject({
  format: z.literal('skerry-logins-v1'),
  salt: Base64,
  nonce: Base64,
  tag: Base64,
  data: Base64,
});
const LoginsSchema = z.record(z.string(), z.object({ username: z.string(), password: z.string() }));

/** Encrypts logins with a passphrase: scrypt, then AES-256-GCM, which also shows whether anything was changed. */
export function sealLogins(
  logins: Logins,
  passphrase: string,
  random: (size: number) => Buffer = randomBytes,
): string {
  const [salt, nonce] = [random(SALT_BYTES), random(NONCE_BYTES)];
  const cipher = createCipheriv('aes-256-gcm', keyOf(passphrase, salt), nonce);
  const data = Buffer.concat([cipher.update(JSON.stringify(logins), 'utf8'), cipher.final()]);
  const fields = { salt, nonce, tag: cipher.getAuthTag(), data };
  const texts = Object.entries(fields).map(([name, bytes]) => [name, bytes.toString('base64')]);
  return `${JSON.stringify({ format: 'skerry-logins-v1', ...Object.fromEntries(texts) }, null, 2)}\n`;
}

/** The logins of a file called `subject`. Throws MIRROR_CREDENTIALS_INVALID. */
export function openLogins(text: string, passphrase: string, subject: string): Logins {
  const file = FileSchema.safeParse(tryJson(text));
  if (!file.success)
    throw mirrorError('MIRROR_CREDENTIALS_INVALID', { subject, detail: 'not a file of this kind' });
  const bytes = (name: 'salt' | 'nonce' | 'tag' | 'data') => Buffer.from(file.data[name], 'base64');
  let plain: string;
  try {
    const options = { authTagLength: 16 };
    const decipher = createDecipheriv(
      'aes-256-gcm',
      keyOf(passphrase, bytes('salt')),
      bytes('nonce'),
      options,
    );
    decipher.setAuthTag(bytes('tag'));
    plain = Buffer.concat([decipher.update(bytes('data')), decipher.final()]).toString();
  } catch {
    // Without the cause, which could only confuse: GCM can't tell a wrong key from changed bytes.
    const detail = 'the passphrase is another one, or the file was changed';
    throw mirrorError('MIRROR_CREDENTIALS_INVALID', { subject, detail });
  }
  const logins = LoginsSchema.safeParse(tryJson(plain));
  if (logins.success) return logins.data;
  throw mirrorError('MIRROR_CREDENTIALS_INVALID', { subject, detail: 'what it holds are no logins' });
}

function keyOf(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase.normalize('NFC'), salt, KEY_BYTES, COST);
}
