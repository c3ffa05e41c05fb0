import { channelError } from '../errors.ts';
import { type TimeLimit, withinTime } from './within-time.ts';

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

/** Reads a file within its limits. Throws CHANNEL_TOO_LARGE, CHANNEL_TOO_SLOW. */
export async function readWithin(
  source: ChannelSource,
  file: string,
  limit: number,
  time: TimeLimit,
): Promise<Uint8Array | undefined> {
  const bytes = await withinTime(`${source.name} ${file}`, time, (signal) =>
    source.read(file, limit, signal),
  );
  if (bytes !== undefined && bytes.byteLength > limit) throw tooLarge(file, limit);
  return bytes;
}

export function tooLarge(file: string, limit: number) {
  return channelError('CHANNEL_TOO_LARGE', { subject: file, detail: `more than ${limit} bytes` });
}
