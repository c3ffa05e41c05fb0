import { installerError } from '../errors.ts';

/** What Ctrl-C leaves a command to end in (milliseconds) before the process ends without it. */
const GRACE_MS = 1500;

/**
 * Runs `work` with a signal that Ctrl-C (or SIGTERM) aborts. Whatever the work is at, the process is over two seconds
 * later; a second Ctrl-C ends it at once. Everything Skerry does may be cut off anywhere.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onStop: (error: unknown) => void,
): Promise<T> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    const error = installerError('INTERRUPTED', { subject: name });
    controller.abort(error);
    setTimeout(() => {
      onStop(error);
      process.exit(130);
    }, GRACE_MS).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    // Whatever broke because it was told to stop, the reason is that it was told to stop.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
