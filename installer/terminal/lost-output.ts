import { installerError } from '../errors.ts';
import type { Console } from './console.ts';

/**
 * Keeps the program alive when what it prints can't be written. A reader that has heard enough (`skerry … | head`), or
 * a log collector that goes away, must not end an installation half way, nor a registry: it goes on without printing.
 * A result that a full disk did not take is a failure, told by `lost` once the work is done.
 */
export function watchOutput({ stdout, stderr }: Pick<Console, 'stdout' | 'stderr'>) {
  let failure: Error | undefined;
  stdout.on('error', (error: Error) => {
    if (!isHungUp(error)) failure ??= error;
  });
  // Nobody is left to be told.
  stderr.on('error', () => {});
  return {
    /** What became of the output: an OUTPUT_LOST, or undefined when it was written or nobody wanted it. */
    lost: async () => {
      await new Promise<void>((resolve) => stdout.write('', () => resolve()));
      if (failure === undefined) return undefined;
      return installerError('OUTPUT_LOST', { subject: 'standard output', cause: failure });
    },
  };
}

const HUNG_UP: unknown[] = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'];

function isHungUp(error: Error): boolean {
  return 'code' in error && HUNG_UP.includes(error.code);
}
