import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { create } from 'tar';
import type { Descriptor, Platform } from '../../../content/descriptor.ts';
import { digestOf, hexOf } from '../../../content/digest.ts';
import { type LayoutStore, openLayout } from '../../../content/layout/layout.ts';
import { OCI_LAYOUT_FILE } from '../../../content/layout/layout-index.ts';
import { descriptorOf, manifestOf } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import type { Manifest } from '../../../content/store.ts';

/** What every client pushes and pulls: an OCI layout with images of each kind. */
export interface Images {
  /** The layout. */
  readonly folder: string;
  /** `app:1`, an index as BuildKit makes it: two platforms, and an attestation for each. */
  readonly app: Manifest;
  /** `nested:1`, an index of `app` and of one image more. */
  readonly nested: Manifest;
  /** `docker:1`, Docker's manifest list of schema 2 images. */
  readonly docker: Manifest;
  /** `windows:1`, an index of an image whose first layer may not be given on, and is not there (image-spec, layer.md). */
  readonly windows: Manifest;
  /** `large:1`, an index of two platforms that share a layer of 100 MB. */
  readonly large: Manifest;
}

export const LARGE_BYTES = 100_000_000;
const PLATFORMS = [
  { architecture: 'amd64', os: 'linux' },
  { architecture: 'arm64', os: 'linux', variant: 'v8' },
] as const;
const DOCKER = {
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/** Makes the images in a new folder. They are the same each time. */
export async function makeImages(folder: string): Promise<Images> {
  const layout = join(folder, 'layout');
  const maker = new ImageMaker(await openLayout(layout, { create: true }), folder);
  const app = await maker.app();
  return {
    folder: layout,
    app,
    nested: await maker.nested(app),
    docker: await maker.docker(),
    windows: await maker.windows(),
    large: await maker.large(),
  };
}

/** An image that runs on this machine, and whose bytes no other seed gives. */
export interface RunnableOptions {
  readonly seed: string;
  /** A program that needs no other file. */
  readonly program: string;
  /** In Docker's own types. */
  readonly docker?: boolean;
}

/**
 * Adds an index of two platforms to a layout, under the tag `SEED:1`. On another platform than this machine's it does not
 * run: there is nothing but noise in it.
 */
export async function makeRunnable(folder: string, options: RunnableOptions): Promise<Manifest> {
  const maker = new ImageMaker(await openLayout(folder, { create: true }), folder);
  return await maker.runnable(options);
}

/** A layout whose `index.json` is the index itself, for clients that push that file whole; gives its folder. */
export async function layoutOf(
  { folder }: Pick<Images, 'folder'>,
  { digest, bytes }: Manifest,
): Promise<string> {
  const own = join(folder, '..', hexOf(digest));
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'oci-layout'), OCI_LAYOUT_FILE);
  await writeFile(join(own, 'index.json'), bytes);
  await symlink(join(folder, 'blobs'), join(own, 'blobs')).catch(() => undefined);
  return own;
}

interface ImageOptions {
  readonly platform: Platform;
  readonly layers: readonly Layer[];
  readonly docker?: boolean;
  readonly entrypoint?: readonly string[];
}

interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
}

class ImageMaker {
  readonly #store: LayoutStore;
  readonly #folder: string;

  constructor(store: LayoutStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  async app(): Promise<Manifest> {
    const base = await this.#layer('base', 300_000, 'gzip');
    const manifests: Descriptor[] = [];
    const attestations: Descriptor[] = [];
    for (const platform of PLATFORMS) {
      const own = await this.#layer(`app for ${platform.architecture}`, 50_000, 'gzip');
      const last = await this.#layer(`end for ${platform.architecture}`, 1000, 'zstd');
      const image = await this.#image('app', { platform, layers: [base, own, last] });
      manifests.push(descriptorOf(image, { platform }));
      attestations.push(await this.#attestation(image));
    }
    return await this.#index('app', MediaType.index, [...manifests, ...attestations]);
  }

  async nested(app: Manifest): Promise<Manifest> {
    const [platform] = PLATFORMS;
    const layers = [await this.#layer('beside', 2000, 'plain')];
    const beside = await this.#image('nested', { platform, layers });
    const entries = [descriptorOf(app), descriptorOf(beside, { platform })];
    return await this.#index('nested', MediaType.index, entries);
  }

  async docker(): Promise<Manifest> {
    const manifests: Descriptor[] = [];
    for (const platform of PLATFORMS) {
      const layers = [await this.#layer(`docker for ${platform.architecture}`, 20_000, 'docker')];
      const image = await this.#image('docker', { platform, layers, docker: true });
      manifests.push(descriptorOf(image, { platform }));
    }
    return await this.#index('docker', MediaType.dockerList, manifests);
  }

  async windows(): Promise<Manifest> {
    const platform = { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.2322' };
    const base = {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      digest: digestOf('a layer that only its maker gives out'),
      size: 1_000_000,
      // Nobody is there: whoever wants it from there notices.
      urls: ['http://localhost:9/base'],
    };
    const layers = [
      { descriptor: base, diffId: digestOf('unpacked') },
      await this.#layer('windows', 3000, 'gzip'),
    ];
    const image = await this.#image('windows', { platform, layers });
    return await this.#index('windows', MediaType.index, [descriptorOf(image, { platform })]);
  }

  async large(): Promise<Manifest> {
    const layers = [await this.#layer('large', LARGE_BYTES, 'gzip')];
    const manifests: Descriptor[] = [];
    for (const platform of PLATFORMS) {
      manifests.push(descriptorOf(await this.#image('large', { platform, layers }), { platform }));
    }
    return await this.#index('large', MediaType.index, manifests);
  }

  async runnable({ seed, program, docker = false }: RunnableOptions): Promise<Manifest> {
    const own = await this.#layer(seed, 50_000, docker ? 'docker' : 'gzip');
    const runs = await this.#file('run', await readFile(program), docker ? 'docker' : 'gzip');
    const manifests: Descriptor[] = [];
    for (const platform of PLATFORMS) {
      const here = platform.architecture === (process.arch === 'x64' ? 'amd64' : process.arch);
      const image = { platform, docker, entrypoint: ['/run'], layers: here ? [own, runs] : [own] };
      manifests.push(descriptorOf(await this.#image(seed, image), { platform }));
    }
    return await this.#index(seed, docker ? MediaType.dockerList : MediaType.index, manifests);
  }

  async #image(repository: string, options: ImageOptions): Promise<Manifest> {
    const { platform, layers, docker = false, entrypoint } = options;
    const rootfs = { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) };
    const settings = entrypoint === undefined ? {} : { Entrypoint: entrypoint };
    const json = Buffer.from(JSON.stringify({ ...platform, config: settings, rootfs }));
    const config = await this.#blob(docker ? DOCKER.config : MediaType.config, json);
    const mediaType = docker ? MediaType.dockerManifest : MediaType.manifest;
    const descriptors = layers.map(({ descriptor }) => descriptor);
    return await this.#manifest(repository, mediaType, { config, layers: descriptors });
  }

  /** As BuildKit keeps provenance beside an image (buildkit, docs/attestations/attestation-storage.md). */
  async #attestation(image: Manifest): Promise<Descriptor> {
    const statement = { _type: 'https://in-toto.io/Statement/v0.1', subject: [{ digest: image.digest }] };
    const layer = await this.#blob('application/vnd.in-toto+json', Buffer.from(JSON.stringify(statement)));
    const platform = { architecture: 'unknown', os: 'unknown' };
    const rootfs = { type: 'layers', diff_ids: [layer.digest] };
    const json = Buffer.from(JSON.stringify({ ...platform, config: {}, rootfs }));
    const config = await this.#blob(MediaType.config, json);
    const manifest = await this.#manifest('app', MediaType.manifest, { config, layers: [layer] });
    const annotations = {
      'vnd.docker.reference.digest': image.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    };
    return descriptorOf(manifest, { annotations, platform });
  }

  async #index(name: string, mediaType: string, manifests: readonly Descriptor[]): Promise<Manifest> {
    const index = manifestOf(mediaType, { schemaVersion: 2, mediaType, manifests });
    await this.#store.writeManifest(name, '1', index);
    return index;
  }

  async #manifest(repository: string, mediaType: string, json: object): Promise<Manifest> {
    const manifest = manifestOf(mediaType, { schemaVersion: 2, mediaType, ...json });
    await this.#store.writeManifest(repository, manifest.digest, manifest);
    return manifest;
  }

  async #layer(seed: string, size: number, kind: keyof typeof LAYERS): Promise<Layer> {
    return await this.#file('content', noise(seed, size), kind);
  }

  async #file(name: string, bytes: Buffer, kind: keyof typeof LAYERS): Promise<Layer> {
    const { mediaType, pack } = LAYERS[kind];
    await writeFile(join(this.#folder, name), bytes, { mode: 0o755 });
    const tar = await buffer(create({ cwd: this.#folder, portable: true, mtime: new Date(0) }, [name]));
    await rm(join(this.#folder, name));
    return { descriptor: await this.#blob(mediaType, pack(tar)), diffId: digestOf(tar) };
  }

  async #blob(mediaType: string, bytes: Buffer): Promise<Descriptor> {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    await this.#store.writeBlob('app', descriptor, async () => Readable.from([bytes]));
    return descriptor;
  }
}

const LAYERS = {
  // Noise does not get smaller, so nothing is spent on trying.
  gzip: { mediaType: MediaType.layerGzip, pack: (tar: Buffer) => gzipSync(tar, { level: 0 }) },
  docker: { mediaType: DOCKER.layer, pack: (tar: Buffer) => gzipSync(tar, { level: 0 }) },
  zstd: { mediaType: MediaType.layerZstd, pack: (tar: Buffer) => zstdCompressSync(tar) },
  plain: { mediaType: MediaType.layer, pack: (tar: Buffer) => tar },
} as const;

function noise(seed: string, size: number): Buffer {
  return createHash('shake256', { outputLength: size }).update(seed).digest();
}
