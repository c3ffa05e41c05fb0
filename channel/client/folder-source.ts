import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { channelError } from '../errors.ts';
import { type ChannelSource, tooLarge } from './source.ts';

/** Names of metadata files; anything else would be a path. */
const FILE_GRAMMAR = /^(?:timestamp|[1-9][0-9]{0,8}\.[a-z][a-z0-9-]{0,62})\.json$/;

/** A channel in a folder, as it lies on a stick. */
export function folderSource(folder: string): ChannelSource {
  return {
    name: folder,
    read: async (file, limit, signal) => {
      if (!FILE_GRAMMAR.test(file)) return undefined;
      try {
        // Whoever made the stick may have put a pipe there: it must not be waited for where nothing can end it.
        await using handle = await open(join(folder, file), constants.O_RDONLY | constants.O_NONBLOCK);
        const stats = await handle.stat();
        if (!stats.isFile())
          throw channelError('CHANNEL_METADATA_INVALID', { subject: file, detail: 'it is no file' });
        if (stats.size > limit) throw tooLarge(file, limit);
        return await readAtMost(handle, limit, file, signal);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
  };
}

/** A file may have more in it than its size says: it grows, or lies where the kernel makes it up. */
async function readAtMost(
  handle: FileHandle,
  limit: number,
  file: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    signal.throwIfAborted();
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, total);
    if (bytesRead === 0) return Buffer.concat(pieces);
    total += bytesRead;
    if (total > limit) throw tooLarge(file, limit);
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

const PIECE_BYTES = 64 * 1024;
