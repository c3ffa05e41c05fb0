import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../content/blob-file.ts';
import { parseUsers, type Users } from './users-file.ts';

/** Reads a users file; none is one without users. Throws REGISTRY_USERS_INVALID. */
export async function readUsersFile(path: string): Promise<{ readonly text: string; readonly users: Users }> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  });
  return { text, users: parseUsers(text, path) };
}

/**
 * Writes a users file in one step, so that a registry never sees half of it, readable by its owner alone. Who owned the
 * file, or else its folder, owns it afterwards too: the registry may run as somebody else than who edits its users.
 * Throws REGISTRY_USERS_INVALID for a text that could not be read back, and then leaves the file as it was.
 */
export async function writeUsersFile(path: string, text: string): Promise<void> {
  parseUsers(text, path);
  const target = await realpath(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return path;
    throw error;
  });
  const made = `${target}.${process.pid}.new`;
  const file = await open(made, 'wx', 0o600);
  try {
    await keepOwner(file, target);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(made, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(made, target);
  const folder = await open(dirname(target));
  await folder.sync().finally(() => folder.close());
}

async function keepOwner(file: FileHandle, target: string): Promise<void> {
  const { uid, gid } = await stat(target).catch(() => stat(dirname(target)));
  const own = await file.stat();
  if (own.uid === uid && own.gid === gid) return;
  // Only root may give files away; for others there is nothing to do.
  await file.chown(uid, gid).catch((error: unknown) => {
    if (!hasCode(error, 'EPERM')) throw error;
  });
}
