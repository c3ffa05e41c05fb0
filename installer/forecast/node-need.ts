import { listAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import type { Digest } from '../../content/digest.ts';
import type { CallOptions, Store } from '../../content/store.ts';
import type { NodeForecast } from './forecast.ts';
import { type ImagePlace, imageLayers } from './image-layers.ts';

export interface NodeNeedInput {
  readonly nodes: readonly KubeObject[];
  /** The images that nodes will pull, and where they are read from. */
  readonly wanted: { readonly store: Pick<Store, 'readManifest'>; readonly images: readonly ImagePlace[] };
  /** The images of the release before: what a node has of them it does not pull again. */
  readonly before:
    | { readonly store: Pick<Store, 'readManifest'>; readonly images: readonly ImagePlace[] }
    | undefined;
  /** Bytes free for images, by node. */
  readonly free: ReadonlyMap<string, number>;
}

/** What each node pulls, in bytes as they travel; unpacked it is two to three times as much. */
export async function forecastNodes(
  input: NodeNeedInput,
  options: CallOptions = {},
): Promise<NodeForecast[]> {
  const forecasts: NodeForecast[] = [];
  const layers = new Layers(options);
  for (const node of input.nodes) forecasts.push(await forecastNode(node, input, layers));
  return forecasts;
}

async function forecastNode(
  node: KubeObject,
  { wanted, before, free }: NodeNeedInput,
  layers: Layers,
): Promise<NodeForecast> {
  const platform = platformOf(node);
  const there = imagesOn(node);
  const held = new Map<Digest, number>();
  const old = before?.images.filter(({ digest }) => there.has(digest)) ?? [];
  for (const image of old)
    for (const [digest, size] of await layers.of(before?.store, image, platform)) held.set(digest, size);
  const absent = wanted.images.filter(({ digest }) => !there.has(digest));
  const pulled = new Map<Digest, number>();
  for (const image of absent)
    for (const [digest, size] of await layers.of(wanted.store, image, platform))
      if (!held.has(digest)) pulled.set(digest, size);
  return {
    name: node.metadata.name,
    ready: isReady(node),
    images: absent.length,
    pullBytes: [...pulled.values()].reduce((sum, size) => sum + size, 0),
    freeBytes: free.get(node.metadata.name),
  };
}

/** Layers by image and platform, each image looked up once. */
class Layers {
  readonly #options: CallOptions;
  readonly #found = new Map<string, ReadonlyMap<Digest, number>>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  async of(
    store: Pick<Store, 'readManifest'> | undefined,
    image: ImagePlace,
    platform: string,
  ): Promise<ReadonlyMap<Digest, number>> {
    if (store === undefined) return new Map();
    const key = `${platform} ${image.digest}`;
    const found =
      this.#found.get(key) ??
      new Map(
        (await imageLayers(store, image, platform, this.#options)).map(({ digest, size }) => [digest, size]),
      );
    this.#found.set(key, found);
    return found;
  }
}

/** Digests of the images that a kubelet says it has: it tells of fifty, unless it was told otherwise. */
function imagesOn(node: KubeObject): ReadonlySet<string> {
  const names = listAt(node, 'status', 'images').flatMap((image) => listAt(image, 'names'));
  return new Set(names.flatMap((name) => (typeof name === 'string' ? name.split('@').slice(1) : [])));
}

function isReady(node: KubeObject): boolean {
  return listAt(node, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  );
}

function platformOf(node: KubeObject): string {
  const info = (field: string) => textAt(node, 'status', 'nodeInfo', field);
  return `${info('operatingSystem') ?? 'linux'}/${info('architecture') ?? 'amd64'}`;
}
