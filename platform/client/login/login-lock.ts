import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';

export interface LockTimes {
  /** One who holds it for longer (milliseconds) has died. */
  readonly staleMs: number;
  /** Between two looks. */
  readonly pollMs: number;
}

/** Asking an identity provider takes less, its own time limits included. */
const TIMES: LockTimes = { staleMs: 30_000, pollMs: 100 };
/** Each waits for so many holders at most. */
const MAX_HOLDERS = 10;
const OWNER = 'owner-';

/**
 * Does something while no other program on this machine does the same for the file. The lock is a folder with the name of
 * its owner in it, and comes into being whole, by being renamed. Of those who wait for one who has died, one alone takes
 * its place: the rename of the owner's name succeeds once. How old a lock is each finds out by waiting: clocks of file
 * servers differ. Throws LOGIN_FILE_INVALID.
 */
export async function withLoginLock<T>(
  file: string,
  work: () => Promise<T>,
  times: LockTimes = TIMES,
): Promise<T> {
  const lock = `${file}.lock`;
  const mine = `${OWNER}${randomUUID()}`;
  await take(lock, mine, times).catch((cause: unknown) => {
    throw platformError('LOGIN_FILE_INVALID', { subject: lock, detail: messageOf(cause), cause });
  });
  try {
    return await work();
  } finally {
    await release(lock, mine);
  }
}

async function take(lock: string, mine: string, { staleMs, pollMs }: LockTimes): Promise<void> {
  await mkdir(dirname(lock), { recursive: true });
  let holder: string | undefined;
  let since = performance.now();
  for (let holders = 0; holders <= MAX_HOLDERS; ) {
    if (await placed(lock, mine)) return;
    const now = await ownerOf(lock);
    if (now !== holder) {
      holder = now;
      since = performance.now();
      holders++;
    } else if (holder !== undefined && performance.now() - since >= staleMs) {
      if (await takenOver(lock, holder, mine)) return;
    }
    await setTimeout(pollMs);
  }
  throw new Error(`others had it, one after the other, ${MAX_HOLDERS} times`);
}

/** A folder takes the place of none or of an empty one, never of one with an owner in it (rename(2)). */
async function placed(lock: string, mine: string): Promise<boolean> {
  const made = await mkdtemp(`${lock}-`);
  try {
    await writeFile(join(made, mine), '');
    await rename(made, lock);
    return true;
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].some((code) => hasCode(error, code))) return false;
    throw error;
  }
}

async function ownerOf(lock: string): Promise<string | undefined> {
  return (await orAbsent(readdir(lock)))?.find((name) => name.startsWith(OWNER));
}

async function takenOver(lock: string, holder: string, mine: string): Promise<boolean> {
  const renamed = rename(join(lock, holder), join(lock, mine)).then(() => true);
  return (await orAbsent(renamed)) ?? false;
}

// Where somebody has taken it over, it is theirs to release; where somebody is quicker than the rmdir, theirs to keep.
async function release(lock: string, mine: string): Promise<void> {
  await rm(join(lock, mine), { force: true });
  await rmdir(lock).catch((error: unknown) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].some((code) => hasCode(error, code))) throw error;
  });
}

async function orAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
