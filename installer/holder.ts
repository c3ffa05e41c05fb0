import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';

/** Who runs this installer, for people and for the next installer: `user@host pid boot start`. */
export function ownIdentity(): string {
  return `${userInfo().username}@${hostname()} ${process.pid} ${bootId()} ${startTime(process.pid) ?? ''}`;
}

/**
 * True when the holder ran on this machine, since it was last booted, and its process is no more. A process id that
 * another process has by now shows in its start time.
 */
export function isGone(holder: string): boolean {
  const [owner, pid, boot, start] = holder.split(' ');
  const here = owner?.endsWith(`@${hostname()}`) && boot !== '' && boot === bootId();
  return Boolean(here && start) && startTime(Number(pid)) !== start;
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
