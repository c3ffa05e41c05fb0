import { isAddress } from '../../../bundle/location.ts';
import { contentSource } from '../../../channel/client/content-source.ts';
import { folderSource } from '../../../channel/client/folder-source.ts';
import type { ChannelSource } from '../../../channel/client/source.ts';
import { updateChannel, type VerifiedChannel } from '../../../channel/client/update.ts';
import { channelError } from '../../../channel/errors.ts';
import { replaceFile } from '../../../content/bytes/blob-file.ts';
import { openSource } from '../../copy/content-location.ts';
import { CHANNEL_NAME, findChannelFolder } from '../../site-channel/channel-place.ts';
import type { Console } from '../../terminal/console.ts';
import type { OpenChannelOptions } from './channel-options.ts';
import { openTrust } from './root-trust.ts';

/** Opens a channel and believes nothing before it is verified. Throws what updateChannel and openTrust throw. */
export async function openChannel(
  console: Console,
  options: OpenChannelOptions,
  signal: AbortSignal,
): Promise<VerifiedChannel> {
  return await withSource(console, options.from, signal, async (source) => {
    const trusted = await openTrust(source, options, signal);
    const channel = await updateChannel(source, trusted, { clock: Date.now(), signal });
    if (options.state !== undefined)
      await replaceFile(options.state, `${JSON.stringify(channel.state, undefined, 2)}\n`);
    return channel;
  });
}

async function withSource<T>(
  console: Console,
  place: string,
  signal: AbortSignal,
  use: (source: ChannelSource) => Promise<T>,
): Promise<T> {
  if (!isAddress(place)) return await use(folderSource(await findFolder(place)));
  const { store, close } = await openSource(place, console.env);
  try {
    return await use(await contentSource(store, CHANNEL_NAME, signal));
  } finally {
    await close();
  }
}

async function findFolder(place: string): Promise<string> {
  const folder = await findChannelFolder(place);
  if (folder === undefined) throw channelError('CHANNEL_NOT_FOUND', { subject: place });
  return folder;
}
