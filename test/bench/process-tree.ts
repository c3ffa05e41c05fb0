import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

/** What a process and everything it started have used, as proc_pid_status(5) and proc_pid_io(5) tell. */
export interface TreeUse {
  /** Resident bytes of all of them together, now. */
  readonly resident: number;
  /** The most that each of them has had so far. */
  readonly peaks: readonly number[];
  /** Bytes written to disks; a process counts those of its children that have ended. */
  readonly written: number;
}

/** Looks at a process and all below it; what has ended already is left out. */
export function lookAtTree(root: number): TreeUse {
  const peaks: number[] = [];
  let written = 0;
  let resident = 0;
  for (const pid of descendants(root)) {
    const status = read(`/proc/${pid}/status`);
    resident += kilobytes(status, 'VmRSS');
    peaks.push(kilobytes(status, 'VmHWM'));
    written += Number(/^write_bytes: (\d+)$/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0);
  }
  return { resident, peaks, written };
}

/**
 * Bytes of memory of all processes in the pid namespace of one of these, and of all below them; what several share is
 * counted once (proc_pid_smaps(5), Pss).
 */
export function sharedOutMemory(firsts: readonly number[]): number {
  const spaces = new Set(firsts.map(pidNamespace).filter((space) => space !== undefined));
  const inside = list('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && spaces.has(pidNamespace(pid) ?? ''));
  const all = new Set(inside.flatMap(descendants));
  return [...all].reduce((sum, pid) => sum + kilobytes(read(`/proc/${pid}/smaps_rollup`), 'Pss'), 0);
}

/** The most memory that one process has had so far, in bytes. */
export function peakMemory(pid: number): number {
  return kilobytes(read(`/proc/${pid}/status`), 'VmHWM');
}

/** Makes what a process has in memory now its peak (proc_pid_clear_refs(5)). */
export function resetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Seconds of processor time of one process so far (proc_pid_stat(5), utime and stime). */
export function processSeconds(pid: number): number {
  const [, user, system] = /^(?:\S+ ){11}(\d+) (\d+) /.exec(afterName(`/proc/${pid}/stat`)) ?? [];
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}

/** Seconds of processor time of all child processes that have ended (proc_pid_stat(5), cutime and cstime). */
export function endedChildrenSeconds(): number {
  const fields = afterName('/proc/self/stat').split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** USER_HZ, which Linux has fixed at 100 for what it shows to programs. */
const TICKS_PER_SECOND = 100;

function descendants(pid: number): number[] {
  const threads = list(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean),
  );
  return threads.length === 0 ? [] : [pid, ...children.flatMap((child) => descendants(Number(child)))];
}

function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

// A program's name stands in brackets and may hold anything.
function afterName(path: string): string {
  const text = read(path);
  return text.slice(text.lastIndexOf(')') + 2);
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
