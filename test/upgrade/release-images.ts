import { createHash } from 'node:crypto';
import { cp, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { oneChunk } from '../../content/bytes/one-chunk.ts';
import { readSmallBlob } from '../../content/bytes/small-blob.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { digestOf } from '../../content/digest.ts';
import { type LayoutStore, openLayout } from '../../content/layout/layout.ts';
import { manifestOf, parseManifest } from '../../content/manifest.ts';

/** What one image of a release is, made from one of the platform's. */
export interface ReleaseImage {
  /** `skerry`, below the platform's registry. */
  readonly name: string;
  readonly tag: string;
  /** The tag that it has in `dist/images`. */
  readonly from: string;
  /** It ends as soon as it is started. */
  readonly crashes?: boolean | undefined;
  /** Bytes of one more layer, which no other image has; no node pulls it. */
  readonly ballast?: number | undefined;
}

const Layers = z.looseObject({ layers: z.array(z.unknown()) });

export const IMAGE_HOST = 'registry.skerry.example';

const Config = z.looseObject({
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).optional() }).default({}),
});

/** Puts images that share all layers with those of `from` beside them, in a layout of its own. */
export async function writeReleaseImages(
  from: string,
  to: string,
  images: readonly ReleaseImage[],
): Promise<void> {
  await linkLayout(from, to);
  const layout = await openLayout(to);
  for (const image of images) await writeVariant(layout, image);
}

async function linkLayout(from: string, to: string): Promise<void> {
  await mkdir(join(to, 'blobs/sha256'), { recursive: true });
  for (const blob of await readdir(join(from, 'blobs/sha256'))) {
    const [source, target] = [join(from, 'blobs/sha256', blob), join(to, 'blobs/sha256', blob)];
    await link(source, target).catch(() => cp(source, target));
  }
  for (const file of ['oci-layout', 'index.json']) await cp(join(from, file), join(to, file));
}

async function writeVariant(
  layout: LayoutStore,
  { name, tag, from, crashes, ballast }: ReleaseImage,
): Promise<void> {
  const repository = `${IMAGE_HOST}/${name}`;
  const found = await layout.readManifest(repository, from);
  if (found === undefined) throw new Error(`no ${repository}:${from}`);
  const manifest = parseManifest(found, from);
  if (manifest.config === undefined) throw new Error(`${repository}:${from} has no config`);
  const text = (await readSmallBlob(layout, repository, manifest.config)).toString();
  const image = Config.parse(JSON.parse(text));
  const config = {
    ...image.config,
    Labels: { ...image.config.Labels, 'example.release': tag },
    ...(crashes === true
      ? { Entrypoint: ['/usr/local/bin/node', '--eval', 'process.exit(7)'], Cmd: [] }
      : {}),
  };
  const more = ballast === undefined ? [] : [await writeLayer(layout, repository, noise(tag, ballast))];
  const rootfs = {
    ...image.rootfs,
    diff_ids: [...image.rootfs.diff_ids, ...more.map(({ digest }) => digest)],
  };
  const bytes = Buffer.from(JSON.stringify({ ...image, config, rootfs }));
  const descriptor = {
    mediaType: manifest.config.mediaType,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  };
  await layout.writeBlob(repository, descriptor, async (offset) => oneChunk(bytes.subarray(offset)));
  const json = Layers.parse(JSON.parse(Buffer.from(found.bytes).toString()));
  const layers = [...json.layers, ...more];
  const changed = manifestOf(found.mediaType, { ...json, config: descriptor, layers });
  await layout.writeManifest(repository, tag, changed);
}

async function writeLayer(layout: LayoutStore, repository: string, bytes: Buffer): Promise<Descriptor> {
  const mediaType = 'application/vnd.oci.image.layer.v1.tar';
  const layer = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  await layout.writeBlob(repository, layer, async (offset) => oneChunk(bytes.subarray(offset)));
  return layer;
}

/** The same bytes for the same word, which nothing can compress. */
function noise(word: string, size: number): Buffer {
  const parts = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash('sha256').update(`${word} ${index}`).digest(),
  );
  return Buffer.concat(parts).subarray(0, size);
}
