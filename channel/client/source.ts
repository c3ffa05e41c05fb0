import { channelError } from '../errors.ts';

/** Where the files of a channel are: a stick, a registry. */
export interface ChannelSource {
  /** For messages. */
  readonly name: string;
  /**
   * A file such as `3.root.json`, or undefined where there is none. Never gives more than `limit` bytes: throws
   * CHANNEL_TOO_LARGE.
   */
  read(file: string, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

export interface ReadLimit {
  readonly signal?: AbortSignal | undefined;
  /** So long a file may take. */
  readonly timeoutMs: number;
}

/** Reads a file within its limits. Throws CHANNEL_TOO_LARGE, CHANNEL_TOO_SLOW (5.1: slow retrieval). */
export async function readWithin(
  source: ChannelSource,
  file: string,
  limit: number,
  { signal, timeoutMs }: ReadLimit,
): Promise<Uint8Array | undefined> {
  signal?.throwIfAborted();
  const slow = AbortSignal.timeout(timeoutMs);
  const both = signal === undefined ? slow : AbortSignal.any([signal, slow]);
  const stopped = Promise.withResolvers<never>();
  both.addEventListener('abort', () => stopped.reject(both.reason), { once: true });
  try {
    const bytes = await Promise.race([source.read(file, limit, both), stopped.promise]);
    if (bytes !== undefined && bytes.byteLength > limit) throw tooLarge(file, limit);
    return bytes;
  } catch (error) {
    signal?.throwIfAborted();
    if (!slow.aborted) throw error;
    throw channelError('CHANNEL_TOO_SLOW', {
      subject: `${source.name} ${file}`,
      detail: `not read within ${timeoutMs / 1000} s`,
      cause: error,
    });
  } finally {
    stopped.promise.catch(() => undefined);
  }
}

export function tooLarge(file: string, limit: number) {
  return channelError('CHANNEL_TOO_LARGE', { subject: file, detail: `more than ${limit} bytes` });
}
