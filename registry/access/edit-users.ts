import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, syncFolder } from '../../content/bytes/blob-file.ts';
import { FileLock } from '../../content/bytes/file-lock.ts';
import { messageOf } from '../../content/error.ts';
import { registryError } from '../errors.ts';
import { parseUsers, type Users } from './users-file.ts';

export interface UsersText {
  readonly text: string;
  readonly users: Users;
}

/** Reads a users file; undefined when there is none. Throws REGISTRY_USERS_INVALID, REGISTRY_USERS_UNUSABLE. */
export async function readUsersFile(path: string): Promise<UsersText | undefined> {
  const text = await onDisk(path, () => readFile(path, 'utf8')).catch((error: unknown) => {
    if (error instanceof Error && hasCode(error.cause, 'ENOENT')) return undefined;
    throw error;
  });
  return text === undefined ? undefined : { text, users: parseUsers(text, path) };
}

/**
 * Changes a users file, or makes it, one editor after the other. It is written in one step, so that a registry never sees
 * half of it, readable by its owner alone. Who owned the file, or else its folder, owns it afterwards too: the registry
 * may run as somebody else than who edits its users. A text that could not be read back leaves the file as it was.
 * Throws REGISTRY_USERS_INVALID, REGISTRY_USERS_UNUSABLE, and what `edit` throws.
 */
export async function editUsersFile(path: string, edit: (before: UsersText) => string): Promise<void> {
  const target = await onDisk(path, () => targetOf(path));
  const lock = await onDisk(path, () => takeLock(`${target}.lock`, target));
  try {
    const changed = edit((await readUsersFile(path)) ?? { text: '', users: new Map() });
    parseUsers(changed, path);
    await onDisk(path, () => replace(target, changed));
  } finally {
    lock.release();
  }
}

/** How long another command may take for its change; it does not hold the lock while it asks for a password. */
const LOCK_MS = 20_000;

// Not waited for within SQLite: the lock's owner may be in this process.
async function takeLock(path: string, target: string): Promise<FileLock> {
  const file = await open(path, 'a', 0o600);
  await keepOwner(file, target).finally(() => file.close());
  for (const end = performance.now() + LOCK_MS; ; await sleep(20)) {
    const lock = FileLock.take(path);
    if (lock !== undefined) return lock;
    if (performance.now() > end) throw new Error('another command is changing it');
  }
}

async function targetOf(path: string): Promise<string> {
  return await realpath(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return path;
    throw error;
  });
}

async function replace(target: string, text: string): Promise<void> {
  const made = `${target}.new`;
  await rm(made, { force: true });
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
  await syncFolder(dirname(target));
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

async function onDisk<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw registryError('REGISTRY_USERS_UNUSABLE', { subject: path, detail: messageOf(cause), cause });
  }
}
