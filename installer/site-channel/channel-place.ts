import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the channel lies on a stick, and in a registry. */
export const CHANNEL_FOLDER = 'channel';
export const CHANNEL_NAME = { repository: 'skerry/channel', tag: 'latest' } as const;

/** The channel's files: on a stick, in the folder of who publishes it, or here; undefined where there are none. */
export async function findChannelFolder(place: string): Promise<string | undefined> {
  for (const folder of [join(place, CHANNEL_FOLDER), join(place, 'metadata'), place]) {
    const found = await stat(join(folder, 'timestamp.json')).catch(() => undefined);
    if (found?.isFile()) return folder;
  }
  return undefined;
}
