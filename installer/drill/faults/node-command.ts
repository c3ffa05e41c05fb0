import { installerError } from '../../errors.ts';
import type { NodeAction } from '../scenario.ts';

/** What restarts a node may take its time. */
const COMMAND_MS = 300_000;
/** The exit code of a command that has no way to do this. */
const CANNOT = 3;

/**
 * Has the command that came with the scratch cluster do something to its nodes, with the action as last argument.
 * False where it says, by exit code 3, that it can't. Throws REHEARSAL_FAILED where it fails.
 */
export async function runNodeCommand(
  command: string,
  action: NodeAction,
  signal: AbortSignal,
): Promise<boolean> {
  const { execa } = await import('execa');
  const result = await execa(`${command} ${action}`, {
    shell: true,
    reject: false,
    timeout: COMMAND_MS,
    cancelSignal: signal,
    // What mends a node goes on when the drill is stopped.
    cleanup: false,
    stdin: 'ignore',
  });
  signal.throwIfAborted();
  if (result.exitCode === CANNOT) return false;
  if (result.exitCode === 0) return true;
  throw installerError('REHEARSAL_FAILED', {
    subject: `${command} ${action}`,
    detail: `exit code ${result.exitCode}: ${result.stderr.slice(-300)}`,
  });
}
