import type { Descriptor } from '../../content/descriptor.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { parseReference, repositoryOf } from '../../content/reference.ts';
import type { WritableStore } from '../../content/store.ts';
import type { FileTree } from './file-tree.ts';
import { annotationsOf, imageConfig } from './image-config.ts';
import { type Layer, makeLayer } from './layer.ts';
import { type LayerSources, layerTree } from './layer-tree.ts';
import { type Recipe, referenceOf } from './recipe.ts';

export interface BuiltImage {
  readonly reference: string;
  /** Digest of what the tag names: the manifest or, for an image published as one, its index. */
  readonly digest: Digest;
  readonly version: string;
  readonly layers: readonly Layer[];
  /** Of all layers, in bytes, gzipped. */
  readonly size: number;
}

export interface BuildOptions extends LayerSources {
  readonly store: WritableStore;
  /** Folder for finished layers. */
  readonly cache: string;
  /** As image-spec names it: amd64, arm64. */
  readonly architecture: string;
  /** Told what is being worked on. */
  readonly report?: (step: string) => void;
  readonly signal?: AbortSignal;
}

/** Makes one image and writes it to the store under its tag. Throws the codes of errors.ts. */
export async function buildImage(recipe: Recipe, options: BuildOptions): Promise<BuiltImage> {
  const layers = await makeLayers(recipe, options);
  const version = await versionOf(recipe, options);
  options.report?.('writing');
  const digest = await writeImage(recipe, version, layers, options);
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  return { reference: referenceOf(recipe), digest, version, layers, size };
}

async function makeLayers(recipe: Recipe, options: BuildOptions): Promise<Layer[]> {
  const trees: FileTree[] = [];
  const layers: Layer[] = [];
  for (const layerRecipe of recipe.layers) {
    options.signal?.throwIfAborted();
    options.report?.(`layer ${layerRecipe.name}`);
    const tree = await layerTree(layerRecipe, trees, options);
    layers.push(await makeLayer(layerRecipe.name, tree, options.cache, options.signal));
    trees.push(tree);
  }
  return layers;
}

async function versionOf({ version }: Recipe, { packages }: BuildOptions): Promise<string> {
  if (typeof version === 'string') return version;
  const found = await packages.withLibraries([version.package]);
  return found.find(({ name }) => name === version.package)?.version ?? '';
}

async function writeImage(
  recipe: Recipe,
  version: string,
  layers: readonly Layer[],
  { store, architecture, signal }: BuildOptions,
): Promise<Digest> {
  const reference = parseReference(referenceOf(recipe));
  const repository = repositoryOf(reference);
  const configBytes = Buffer.from(JSON.stringify(imageConfig(recipe, version, architecture, layers)));
  const config = {
    mediaType: MediaType.config,
    digest: digestOf(configBytes),
    size: configBytes.byteLength,
  };
  for (const layer of layers)
    await store.writeBlob(repository, layerDescriptor(layer), layer.source, { signal });
  await store.writeBlob(repository, config, async (offset) => bytesFrom(configBytes, offset), { signal });

  const annotations = annotationsOf(recipe, version);
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config,
    layers: layers.map(layerDescriptor),
    annotations,
  });
  if (!recipe.asIndex) {
    await store.writeManifest(repository, recipe.tag, manifest, { signal });
    return manifest.digest;
  }
  await store.writeManifest(repository, manifest.digest, manifest, { signal });
  const index = manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: [descriptorOf(manifest, { platform: { architecture, os: 'linux' } })],
    annotations,
  });
  await store.writeManifest(repository, recipe.tag, index, { signal });
  return index.digest;
}

function layerDescriptor({ digest, size }: Layer): Descriptor {
  return { mediaType: MediaType.layerGzip, digest, size };
}

async function* bytesFrom(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(offset);
}
