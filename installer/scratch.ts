import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { tryJson } from '../content/json.ts';

/** Who works in a scratch folder; it stands in the folder, so that a later run can tell whether somebody still does. */
export interface ScratchOwner {
  readonly pid: number;
  /** When the process started, as the kernel counts it: a pid is given again. Empty where that can't be known. */
  readonly started: string;
  /** Another machine, or another boot of it, or another world of process ids: a pid says nothing there. */
  readonly host: string;
  readonly boot: string;
  readonly pids: string;
}

const PREFIX = 'skerry-';
const OWNER_FILE = '.owner.json';
/** Younger ones are left alone, whatever they say. */
const GRACE_MS = 60_000;

const OwnerSchema = z.object({
  pid: z.int().positive(),
  started: z.string(),
  host: z.string(),
  boot: z.string(),
  pids: z.string(),
});

/** A private folder below `base`, removed at the end; what runs that were killed left there is removed first. */
export async function withScratch<T>(base: string, work: (folder: string) => Promise<T>): Promise<T> {
  await sweepScratch(base);
  const folder = await mkdtemp(join(base, PREFIX));
  try {
    await writeFile(join(folder, OWNER_FILE), JSON.stringify(await ownerOf(process.pid)));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes the scratch folders of processes of this user and machine that are gone. Never fails. */
export async function sweepScratch(base: string, now = Date.now()): Promise<string[]> {
  const removed: string[] = [];
  const names = await readdir(base).catch(() => []);
  for (const name of names.filter((candidate) => candidate.startsWith(PREFIX))) {
    const folder = join(base, name);
    if (!(await isLeft(folder, now))) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    removed.push(folder);
  }
  return removed;
}

async function isLeft(folder: string, now: number): Promise<boolean> {
  try {
    const found = await lstat(folder);
    if (!found.isDirectory() || found.uid !== process.getuid?.() || now - found.mtimeMs < GRACE_MS)
      return false;
    const owner = OwnerSchema.safeParse(tryJson(await readFile(join(folder, OWNER_FILE), 'utf8'))).data;
    return owner !== undefined && (await isGone(owner));
  } catch {
    return false;
  }
}

async function isGone(owner: ScratchOwner): Promise<boolean> {
  const own = await ownerOf(process.pid);
  if (owner.host !== own.host) return false;
  if (owner.boot !== own.boot) return owner.boot !== '' && own.boot !== '';
  if (owner.pids !== own.pids) return false;
  if (!isAlive(owner.pid)) return true;
  const { started } = await ownerOf(owner.pid);
  return owner.started !== '' && started !== '' && started !== owner.started;
}

async function ownerOf(pid: number): Promise<ScratchOwner> {
  const read = async (path: string) => await readFile(path, 'utf8').catch(() => '');
  const stat = await read(`/proc/${pid}/stat`);
  return {
    pid,
    // proc_pid_stat(5): the 22nd field; the second may hold blanks and parentheses.
    started: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '',
    host: hostname(),
    boot: (await read('/proc/sys/kernel/random/boot_id')).trim(),
    pids: await readlink('/proc/self/ns/pid').catch(() => ''),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
