import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { nameOfUser } from '../terminal/local-user.ts';

/** Who runs this installer, for people and for the next installer: `user@host pid boot start pids`. */
export function ownIdentity(): string {
  // Its parts are told apart by blanks.
  const owner = `${nameOfUser().replaceAll(' ', '-')}@${hostname()}`;
  return `${owner} ${process.pid} ${bootId()} ${startTime(process.pid) ?? ''} ${pidNamespace()}`;
}

/**
 * True when the holder ran on this machine, since it was last booted, and its process is no more. A process id that
 * another process has by now shows in its start time. Containers have process ids of their own (pid_namespaces(7)),
 * and with the network of their machine its name, too.
 */
export function isGone(holder: string): boolean {
  const [owner, pid, boot, start, pids] = holder.split(' ');
  const here = owner?.endsWith(`@${hostname()}`) && boot !== '' && boot === bootId();
  return Boolean(here && start && pids && pids === pidNamespace()) && startTime(Number(pid)) !== start;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function bootId(): string {
  return tryRead('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

// proc(5): field 22 of stat, counted behind the program's name, which may hold blanks and parentheses.
function startTime(pid: number): string | undefined {
  const stat = tryRead(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
