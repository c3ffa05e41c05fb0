import { join } from 'node:path';
import type { ImageCopy } from './image-copies.ts';
import type { ImageSet } from './image-set.ts';

const SAME_BYTES = ['copy', '--quiet', '--all', '--preserve-digests'];

export function pullIntoLayout(set: ImageSet, registry: string, layout: string): ImageCopy[] {
  return set.images.map(({ repository, tag }) => [
    '--insecure-policy',
    ...SAME_BYTES,
    '--src-tls-verify=false',
    `docker://${registry}/${repository}:${tag}`,
    `oci:${layout}:${repository}:${tag}`,
  ]);
}

/** As pullIntoLayout, but copies that run at once can't share an index.json: each has its own, and all share the blobs. */
export function pullIntoLayouts(set: ImageSet, registry: string, folder: string): ImageCopy[] {
  return set.images.map(({ repository, tag }, index) => [
    '--insecure-policy',
    ...SAME_BYTES,
    '--src-tls-verify=false',
    `--dest-shared-blob-dir=${join(folder, 'blobs')}`,
    `docker://${registry}/${repository}:${tag}`,
    `oci:${join(folder, String(index))}:${repository}:${tag}`,
  ]);
}

export function pushFromLayout(set: ImageSet, registry: string): ImageCopy[] {
  return set.images.map(({ repository, tag }) => [
    '--insecure-policy',
    ...SAME_BYTES,
    '--dest-tls-verify=false',
    `oci:${set.folder}:${repository}:${tag}`,
    `docker://${registry}/${set.host}/${repository}:${tag}`,
  ]);
}
