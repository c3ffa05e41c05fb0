import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, replaceFile } from '../../content/bytes/blob-file.ts';
import { messageOf } from '../../content/error.ts';
import { mirrorError } from '../errors.ts';
import { type Logins, openLogins, sealLogins } from './encrypted-logins.ts';

/** Reads a file with encrypted logins; none are in one that is not there. Throws MIRROR_CREDENTIALS_INVALID. */
export async function readLogins(path: string, passphrase: string): Promise<Logins> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw mirrorError('MIRROR_CREDENTIALS_INVALID', { subject: path, detail: messageOf(cause), cause });
  });
  return text === undefined ? {} : openLogins(text, passphrase, path);
}

/** Puts the file in place whole: a power cut leaves the old one or the new one. Who may read it stays as it was. */
export async function writeLogins(path: string, logins: Logins, passphrase: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  );
  await replaceFile(path, Buffer.from(sealLogins(logins, passphrase)), undefined, mode);
}

/** The passphrase in a file, without the end of its line. Throws MIRROR_PASSPHRASE_MISSING. */
export async function readPassphrase(
  path: string | undefined,
  env: NodeJS.ProcessEnv,
  subject: string,
): Promise<string> {
  const file = path ?? env.SKERRY_MIRROR_PASSPHRASE_FILE;
  if (file === undefined || file === '') throw mirrorError('MIRROR_PASSPHRASE_MISSING', { subject });
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw mirrorError('MIRROR_PASSPHRASE_MISSING', { subject: file, detail: messageOf(cause), cause });
  });
  const passphrase = text.replace(/\r?\n$/, '');
  if (passphrase !== '') return passphrase;
  throw mirrorError('MIRROR_PASSPHRASE_MISSING', { subject: file, detail: 'the file is empty' });
}
