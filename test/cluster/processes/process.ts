import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the machine's start to the process's, field 22 of /proc/PID/stat (proc_pid_stat(5)). */
  readonly started: string;
}

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseStat(text);
}

/** Reads one line of /proc/PID/stat; undefined for a zombie, which has ended already. */
export function parseStat(text: string): ProcessIdentity | undefined {
  // The second field is the command in parentheses, and may itself hold spaces and parentheses.
  const pid = Number.parseInt(text, 10);
  const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const started = rest[18];
  return started === undefined || state === 'Z' || state === 'X' ? undefined : { pid, started };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.started === identity.started;
}

/** The processes whose network namespace is the one at `path`. */
export async function processesInNetwork(path: string): Promise<ProcessIdentity[]> {
  const wanted = await stat(path).catch(() => undefined);
  if (wanted === undefined) return [];
  const found: ProcessIdentity[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const link = await readlink(`/proc/${entry}/ns/net`).catch(() => undefined);
    if (link !== `net:[${wanted.ino}]`) continue;
    const identity = await identify(Number(entry));
    if (identity !== undefined) found.push(identity);
  }
  return found;
}

/** Ends exactly these processes with SIGKILL and waits until they are gone; gives those that were still there after `patience` ms. */
export async function end(
  identities: readonly ProcessIdentity[],
  patience = 10_000,
): Promise<ProcessIdentity[]> {
  const deadline = Date.now() + patience;
  let left = await alive(identities);
  for (const { pid } of left) kill(pid);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(20);
    left = await alive(left);
  }
  return left;
}

async function alive(identities: readonly ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const flags = await Promise.all(identities.map(isAlive));
  return identities.filter((_, index) => flags[index]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended in between.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
