import { link, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../content/bytes/blob-file.ts';
import { oneChunk } from '../../content/bytes/one-chunk.ts';
import { planCopy } from '../../content/copy/copy-plan.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import { type LayoutStore, openLayout } from '../../content/layout/layout.ts';
import { formatIndex } from '../../content/layout/layout-index.ts';
import { LayoutNames } from '../../content/layout/layout-names.ts';
import { descriptorOf } from '../../content/manifest.ts';
import type { Store } from '../../content/store.ts';
import { type Layer, writeLayer } from './layer.ts';

/** Images that all contenders copy, in one OCI layout under their names without a host. */
export interface ImageSet {
  readonly name: string;
  /** The host that references begin with; nothing is ever asked there. */
  readonly host: string;
  /** The layout. */
  readonly folder: string;
  readonly images: readonly { readonly repository: string; readonly tag: string; readonly digest: Digest }[];
  /** Bytes of all that is in it, each blob once. */
  readonly bytes: number;
}

/** The images of the platform itself, from the layout that `npm run images` makes; its blobs are not copied. */
export async function platformSet(images: string, folder: string, host: string): Promise<ImageSet> {
  const blobs = join('blobs', 'sha256');
  await openLayout(folder, { create: true });
  for (const name of await readdir(join(images, blobs)))
    await link(join(images, blobs, name), join(folder, blobs, name));
  const built = await openLayout(images);
  const names = new LayoutNames([]);
  for (const repository of await built.listRepositories()) {
    for (const tag of await built.listTags(repository)) {
      const manifest = await built.readManifest(repository, tag);
      if (manifest !== undefined)
        names.setTag(repository.replace(`${host}/`, ''), tag, descriptorOf(manifest));
    }
  }
  await replaceFile(join(folder, 'index.json'), formatIndex(names.index));
  return await describe('platform', host, folder);
}

export interface SetShape {
  readonly images: number;
  /** Sizes in bytes: of the layer that all images share, of those that four share, and of each image's own. */
  readonly base: number;
  readonly family: number;
  readonly own: readonly number[];
}

const FAMILY = 4;

/** Images made up of noise, with the layers that real ones of one house would share. */
export async function syntheticSet(
  name: string,
  shape: SetShape,
  folder: string,
  signal: AbortSignal,
): Promise<ImageSet> {
  const store = await openLayout(folder, { create: true });
  const layer = async (title: string, bytes: number) => {
    const made = join(folder, 'layer.tmp');
    const written = await writeLayer(made, title, bytes, signal);
    await store.adoptBlob('', written.digest, made);
    return written;
  };
  const base = await layer('base', shape.base);
  let family = base;
  for (let number = 0; number < shape.images; number++) {
    if (number % FAMILY === 0) family = await layer(`family-${number / FAMILY}`, shape.family);
    const own: Layer[] = [];
    for (const [index, bytes] of shape.own.entries()) own.push(await layer(`app-${number}-${index}`, bytes));
    await putImage(store, `app-${String(number).padStart(2, '0')}`, [base, family, ...own]);
  }
  return await describe(name, 'images.skerry.example', folder);
}

async function putImage(store: LayoutStore, repository: string, layers: readonly Layer[]): Promise<void> {
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const type = 'application/vnd.oci.image';
  const descriptor = { mediaType: `${type}.config.v1+json`, digest: digestOf(config), size: config.length };
  await store.writeBlob(repository, descriptor, async () => oneChunk(Buffer.from(config)));
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${type}.manifest.v1+json`,
      config: descriptor,
      layers: layers.map(({ digest, size }) => ({ mediaType: `${type}.layer.v1.tar+gzip`, digest, size })),
    }),
  );
  await store.writeManifest(repository, '1.0.0', {
    digest: digestOf(bytes),
    mediaType: `${type}.manifest.v1+json`,
    bytes,
  });
}

async function describe(name: string, host: string, folder: string): Promise<ImageSet> {
  const store: Store = await openLayout(folder);
  const images: { repository: string; tag: string; digest: Digest }[] = [];
  for (const repository of await store.listRepositories()) {
    for (const tag of await store.listTags(repository)) {
      const manifest = await store.readManifest(repository, tag);
      if (manifest !== undefined) images.push({ repository, tag, digest: manifest.digest });
    }
  }
  const { bytes } = await planCopy(
    store,
    images.map(({ repository, tag }) => ({ repository, reference: tag })),
  );
  return { name, host, folder, images, bytes };
}
