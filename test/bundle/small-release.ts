import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { oneChunk } from '../../content/bytes/one-chunk.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { WritableStore } from '../../content/store.ts';

/** The host in the references of the small release; nothing is ever asked of it. */
export const IMAGE_HOST = 'images.example';

/** What the small release must carry, and how large its one layer is. */
export const SMALL_IMAGES: Readonly<Record<string, number>> = {
  'team/big': 6_000_000,
  'team/web': 100_000,
  'team/by-argument': 1000,
  'team/by-config-map': 1000,
  'team/by-environment': 1000,
  'team/by-pack': 1000,
  'team/by-preset': 1000,
};

/** Puts the small release and a layout with its images into a folder; returns the path of its release.yaml. */
export async function writeSmallRelease(folder: string): Promise<string> {
  await cp(join(import.meta.dirname, '../fixtures/small-release'), folder, { recursive: true });
  await putSmallImages(await openLayout(join(folder, 'images'), { create: true }), `${IMAGE_HOST}/`);
  return join(folder, 'release.yaml');
}

/** Replaces a text of a file, which must be there. */
export async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  if (!text.includes(from)) throw new Error(`no "${from}" in ${path}`);
  await writeFile(path, text.replace(from, to));
}

/** Gives the digests of the layers, by the name of the image. */
export async function putSmallImages(store: WritableStore, prefix: string): Promise<Map<string, Digest>> {
  const layers = new Map<string, Digest>();
  for (const [name, size] of Object.entries(SMALL_IMAGES)) {
    const layer = await putImage(store, `${prefix}${name}`, noise(name, size));
    layers.set(name, layer);
  }
  return layers;
}

/** Puts an image of one layer, whose digest is given back. */
export async function putImage(
  store: WritableStore,
  repository: string,
  layer: Buffer,
  tag = '1.0',
): Promise<Digest> {
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    await store.writeBlob(repository, descriptor, async (offset) => oneChunk(bytes.subarray(offset)));
    return descriptor;
  };
  const descriptor = await put(MediaType.layer, layer);
  const rootfs = { type: 'layers', diff_ids: [descriptor.digest] };
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs }));
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: await put(MediaType.config, config),
    layers: [descriptor],
  });
  await store.writeManifest(repository, tag, manifest);
  return descriptor.digest;
}

/** Bytes that don't repeat, the same for the same seed. */
function noise(seed: string, size: number): Buffer {
  return createHash('shake256', { outputLength: size }).update(seed).digest();
}
