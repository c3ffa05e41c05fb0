import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, syncFolder } from '../../../content/bytes/blob-file.ts';

const BYTES = 32;

/**
 * The key that signs the registry's tokens, kept in a file that only its owner reads, so that logins survive a restart.
 * Made when there is none. Deleting the file and restarting ends every token.
 */
export async function openTokenKey(path: string): Promise<Buffer> {
  const kept = await readKey(path);
  if (kept !== undefined) return kept;
  const key = randomBytes(BYTES);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${key.toString('base64url')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
  return key;
}

// A file that was cut short by a crash is no key either.
async function readKey(path: string): Promise<Buffer | undefined> {
  try {
    const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
    return key.byteLength === BYTES ? key : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
