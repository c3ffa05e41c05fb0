import { join } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { readSmallFile } from '../../content/bytes/small-file.ts';
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
      const read = await readSmallFile(join(folder, file), limit, signal).catch((error: unknown) => {
        if (hasCode(error, 'ENOENT')) return undefined;
        throw error;
      });
      if (read === 'too large') throw tooLarge(file, limit);
      if (read === 'not a file')
        throw channelError('CHANNEL_METADATA_INVALID', { subject: file, detail: 'it is not a file' });
      return read;
    },
  };
}
