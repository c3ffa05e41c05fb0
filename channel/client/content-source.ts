import { readSmallBlob } from '../../content/bytes/small-blob.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { parseManifest } from '../../content/manifest.ts';
import type { Store } from '../../content/store.ts';
import { channelError } from '../errors.ts';
import { CHANNEL_TYPE, titleOf } from '../metadata/channel-artifact.ts';
import { type ChannelSource, tooLarge } from './source.ts';

/**
 * A channel that a registry (or any other store) holds as one artifact: its layers are the files that lie on a stick, byte
 * for byte. Throws CHANNEL_NOT_FOUND.
 */
export async function contentSource(
  store: Store,
  { repository, tag }: { readonly repository: string; readonly tag: string },
  signal?: AbortSignal,
): Promise<ChannelSource> {
  const subject = `${store.name} ${repository}:${tag}`;
  const manifest = await store.readManifest(repository, tag, { signal });
  if (manifest === undefined) throw channelError('CHANNEL_NOT_FOUND', { subject });
  const content = parseManifest(manifest, subject);
  if (content.artifactType !== CHANNEL_TYPE)
    throw channelError('CHANNEL_NOT_FOUND', {
      subject,
      detail: `it is ${content.artifactType ?? 'an image'}`,
    });
  const files = new Map<string, Descriptor>(content.blobs.map((blob) => [titleOf(blob), blob]));
  return {
    name: subject,
    read: async (file, limit, signal) => {
      const descriptor = files.get(file);
      if (descriptor === undefined) return undefined;
      if (descriptor.size > limit) throw tooLarge(file, limit);
      return await readSmallBlob(store, repository, descriptor, { signal });
    },
  };
}
