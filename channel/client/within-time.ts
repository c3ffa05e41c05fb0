import { channelError } from '../errors.ts';

export interface TimeLimit {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/**
 * Does something with a source that may never answer, or answer a byte at a time: a source that doesn't heed the signal isn't
 * waited for. Throws CHANNEL_TOO_SLOW (TUF specification 1.5.2: slow retrieval), and what the signal says.
 */
export async function withinTime<T>(
  subject: string,
  { signal, timeoutMs }: TimeLimit,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const slow = AbortSignal.timeout(timeoutMs);
  const both = signal === undefined ? slow : AbortSignal.any([signal, slow]);
  const stopped = Promise.withResolvers<never>();
  both.addEventListener('abort', () => stopped.reject(both.reason), { once: true });
  try {
    return await Promise.race([run(both), stopped.promise]);
  } catch (error) {
    signal?.throwIfAborted();
    if (!slow.aborted) throw error;
    throw channelError('CHANNEL_TOO_SLOW', {
      subject,
      detail: `not read within ${timeoutMs / 1000} s`,
      cause: error,
    });
  } finally {
    stopped.promise.catch(() => undefined);
  }
}
