import { join } from 'node:path';
import { compareItems, copyItems } from '../../content/copy/copy-items.ts';
import { digestOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { Manifest, WritableStore } from '../../content/store.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { parseMirror } from '../file/mirror-file.ts';
import type { MirrorContext } from '../run/context.ts';
import { Locations } from '../stores/open-location.ts';
import { registryOptions } from '../stores/registry-options.ts';

/** For tests: a source and a target, each a layout in a folder, and mirrors between them. */
export interface MirrorSite {
  readonly folder: string;
  readonly source: WritableStore;
  /** The target as it is now. */
  target(): Promise<WritableStore>;
  /** A mirror with these fields in each job. */
  mirror(...jobs: readonly object[]): Promise<MirrorContext>;
}

export async function mirrorSite(): Promise<MirrorSite> {
  const folder = await testFolder('mirror');
  const source = await openLayout(join(folder, 'source'), { create: true });
  return {
    folder,
    source,
    target: () => openLayout(join(folder, 'target'), { create: true }),
    mirror: async (...jobs) => {
      const named = jobs.map((job, index) => ({
        name: `job-${index}`,
        from: 'source',
        to: 'target',
        ...job,
      }));
      const text = JSON.stringify({ apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'test', jobs: named });
      const mirror = parseMirror(text, 'mirror.yaml');
      const file = { mirror, path: 'mirror.yaml', resolve: (path: string) => join(folder, path) };
      const registries = await registryOptions(file, { credentials: async () => undefined });
      return {
        file,
        engine: { compareItems, copyItems },
        locations: new Locations(registries, async () => undefined),
        charts: async () => {
          throw new Error('no helm here');
        },
      };
    },
  };
}

/** An image of one layer, which holds the text. */
export async function putImage(
  store: WritableStore,
  repository: string,
  tag: string | undefined,
  text: string,
  created?: string,
): Promise<Manifest> {
  const blob = async (mediaType: string, content: string) => {
    const bytes = Buffer.from(content);
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    await store.writeBlob(repository, descriptor, async () => streamOf(bytes));
    return descriptor;
  };
  const config = await blob(
    MediaType.config,
    JSON.stringify({ created, architecture: 'amd64', os: 'linux', rootfs: {} }),
  );
  const layers = [await blob(MediaType.layer, text)];
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config,
    layers,
  });
  await store.writeManifest(repository, tag ?? manifest.digest, manifest);
  return manifest;
}

/** An index of an image for each platform. */
export async function putIndex(
  store: WritableStore,
  repository: string,
  tag: string,
  platforms: readonly string[],
): Promise<Manifest> {
  const manifests = [];
  for (const text of platforms) {
    const [os = '', architecture = ''] = text.split('/');
    const image = await putImage(store, repository, undefined, `${tag} for ${text}`);
    manifests.push(descriptorOf(image, { platform: { os, architecture } }));
  }
  const index = manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
  await store.writeManifest(repository, tag, index);
  return index;
}

async function* streamOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
