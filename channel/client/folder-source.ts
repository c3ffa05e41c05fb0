import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
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
        await using handle = await open(join(folder, file), 'r');
        const { size } = await handle.stat();
        if (size > limit) throw tooLarge(file, limit);
        signal.throwIfAborted();
        return await handle.readFile();
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
  };
}
