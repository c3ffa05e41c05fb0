import { installerError } from '../errors.ts';

const COMMAND_MS = 60_000;

/**
 * What the scratch cluster's own network and resolver have seen trying to leave, as a command of the cluster’s owner reports:
 * a line for each attempt. Throws REHEARSAL_FAILED where the command fails: what can't be told must not pass for nothing.
 */
export async function outsideAttempts(command: string, signal: AbortSignal): Promise<string[]> {
  const { execa } = await import('execa');
  const result = await execa(command, {
    shell: true,
    reject: false,
    timeout: COMMAND_MS,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.exitCode !== 0)
    throw installerError('REHEARSAL_FAILED', {
      subject: command,
      detail: `exit code ${result.exitCode}: ${result.stderr.slice(-300)}`,
    });
  return result.stdout.split('\n').filter((line) => line.trim() !== '');
}

/** The lines that came since; a log grows, and counts may repeat. */
export function newAttempts(before: readonly string[], after: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of before) left.set(line, (left.get(line) ?? 0) + 1);
  return after.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
