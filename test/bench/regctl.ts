import type { ImageCopy } from './image-copies.ts';
import type { ImageSet } from './image-set.ts';

/** Copies into one OCI layout. Its names have no repository in them, so tags are made of both. */
export function regctlPull(set: ImageSet, registry: string, layout: string): ImageCopy[] {
  return set.images.map(({ repository, tag }) => [
    ...overHttp(registry),
    `${registry}/${repository}:${tag}`,
    inLayout(layout, repository, tag),
  ]);
}

/** Copies out of a layout that `regctlPull` made. */
export function regctlPush(set: ImageSet, layout: string, registry: string): ImageCopy[] {
  return set.images.map(({ repository, tag }) => [
    ...overHttp(registry),
    inLayout(layout, repository, tag),
    `${registry}/${set.host}/${repository}:${tag}`,
  ]);
}

function overHttp(registry: string): string[] {
  return ['--host', `reg=${registry},tls=disabled`, 'image', 'copy'];
}

function inLayout(layout: string, repository: string, tag: string): string {
  return `ocidir://${layout}:${repository.replaceAll('/', '-')}-${tag}`;
}
