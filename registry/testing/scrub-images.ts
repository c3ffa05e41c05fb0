import { Readable } from 'node:stream';
import type { Descriptor, Platform } from '../../content/descriptor.ts';
import { digestOf } from '../../content/digest.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { Manifest, WritableStore } from '../../content/store.ts';

/** For tests: images in any store, each with a config and layers of its own. */
export interface TestImage {
  readonly manifest: Manifest;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageOptions {
  readonly repository: string;
  /** A tag; none when absent. */
  readonly tag?: string;
  /** Contents of the layers. */
  readonly layers: readonly (string | Buffer)[];
  readonly subject?: Manifest;
  readonly artifactType?: string;
}

export async function putBlob(
  store: WritableStore,
  repository: string,
  content: string | Buffer,
): Promise<Descriptor> {
  const bytes = Buffer.from(content);
  const descriptor = { mediaType: MediaType.layer, digest: digestOf(bytes), size: bytes.byteLength };
  await store.writeBlob(repository, descriptor, async (offset) => Readable.from([bytes.subarray(offset)]));
  return descriptor;
}

export async function putImage(store: WritableStore, options: ImageOptions): Promise<TestImage> {
  const { repository, tag, subject, artifactType } = options;
  const layers: Descriptor[] = [];
  for (const layer of options.layers) layers.push(await putBlob(store, repository, layer));
  const config = await putBlob(store, repository, JSON.stringify({ of: layers.map(({ digest }) => digest) }));
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType,
    config,
    layers,
    subject: subject === undefined ? undefined : descriptorOf(subject),
  });
  await store.writeManifest(repository, tag ?? manifest.digest, manifest);
  return { manifest, config, layers };
}

/** An index of images, by platform. */
export async function putIndex(
  store: WritableStore,
  { repository, tag }: { readonly repository: string; readonly tag: string },
  images: readonly (readonly [Platform, Manifest])[],
): Promise<Manifest> {
  const manifests = images.map(([platform, manifest]) => descriptorOf(manifest, { platform }));
  const index = manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
  await store.writeManifest(repository, tag, index);
  return index;
}

export const AMD64: Platform = { os: 'linux', architecture: 'amd64' };
const ARM64: Platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };

/** An image for two platforms with a signature, and another that shares a layer with it. */
export async function putFleet(store: WritableStore) {
  const repository = 'team/app';
  const amd64 = await putImage(store, { repository, layers: ['shared', 'for amd64'] });
  const arm64 = await putImage(store, { repository, layers: ['shared', 'for arm64'] });
  const index = await putIndex(store, { repository, tag: '1.0' }, [
    [AMD64, amd64.manifest],
    [ARM64, arm64.manifest],
  ]);
  const signature = await putImage(store, {
    repository,
    layers: ['signed by nobody'],
    subject: index,
    artifactType: 'example/signature',
  });
  const other = await putImage(store, {
    repository: 'team/other',
    tag: 'v2',
    layers: ['shared', 'of the other'],
  });
  return { amd64, arm64, index, signature, other };
}

export type Fleet = Awaited<ReturnType<typeof putFleet>>;
