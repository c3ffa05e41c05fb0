import { oneChunk } from '../../content/bytes/one-chunk.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { digestOf } from '../../content/digest.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { ContentSink, Manifest } from '../../content/store.ts';

/** The artifact type of a channel in a registry: its layers are its files. */
export const CHANNEL_TYPE = 'application/vnd.skerry.channel.v1';
const FILE_TYPE = 'application/vnd.skerry.channel.file.v1+json';
const TITLE = 'org.opencontainers.image.title';
const EMPTY = Buffer.from('{}');

/** The name of the file that a layer is. */
export function titleOf({ annotations }: Descriptor): string {
  return annotations?.[TITLE] ?? '';
}

/** Writes the files of a channel as one artifact; the same files give the same manifest. */
export async function writeChannelArtifact(
  sink: ContentSink,
  { repository, tag }: { readonly repository: string; readonly tag: string },
  files: ReadonlyMap<string, Uint8Array>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Manifest> {
  const write = async (descriptor: Descriptor, bytes: Uint8Array) => {
    if ((await sink.statBlob(repository, descriptor.digest, options)) === descriptor.size) return;
    await sink.writeBlob(repository, descriptor, async (offset) => oneChunk(bytes.subarray(offset)), options);
  };
  const config: Descriptor = { mediaType: MediaType.empty, digest: digestOf(EMPTY), size: EMPTY.byteLength };
  const layers = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, bytes]) => ({
      bytes,
      descriptor: {
        ...{ mediaType: FILE_TYPE, digest: digestOf(bytes), size: bytes.byteLength },
        annotations: { [TITLE]: title },
      },
    }));
  await write(config, EMPTY);
  for (const { descriptor, bytes } of layers) await write(descriptor, bytes);
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: CHANNEL_TYPE,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  await sink.writeManifest(repository, tag, manifest, options);
  return manifest;
}
