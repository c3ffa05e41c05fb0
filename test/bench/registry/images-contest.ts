import type { Contestant } from './contestant.ts';
import { spread, withWires } from './crowd.ts';
import { makeNoise, type Noise } from './noise.ts';
import { MANIFEST_TYPE, makeManifest, type PushedManifest, pushBlob, pushManifest } from './pusher.ts';
import type { ContestSize, RegistryContest } from './registry-contest.ts';
import type { Wire } from './wire.ts';

const MB = 1_000_000;
const IMAGES = 64;
const REPOSITORIES = 8;

interface Image {
  readonly repository: string;
  readonly tag: string;
  readonly blobs: readonly Noise[];
  readonly manifest: PushedManifest;
}

/** 64 nodes pull an image each at once: the manifest by its tag, then config and layers. */
export function imagesContest({ quick }: ContestSize): RegistryContest {
  const sizes = quick ? [0.5, 0.25] : [10, 5, 1];
  let images: readonly Image[] = [];
  return {
    name: 'images',
    title: `${IMAGES} clients pull an image of ${sizes.reduce((sum, size) => sum + size)} MB each`,
    asked: 1,
    work: IMAGES * sizes.reduce((sum, size) => sum + size),
    unit: 'MB',
    fill: async (contestant) => {
      if (images.length === 0) images = Array.from({ length: IMAGES }, (_, at) => makeImage(at, sizes));
      await withWires(contestant, 4, (wires) =>
        spread(wires, images.length, (wire, at) => pushImage(wire, images[at])),
      );
    },
    prepare: async (contestant) => async () => await pullAll(contestant, images),
  };
}

async function pullAll(contestant: Contestant, images: readonly Image[]): Promise<void> {
  await withWires(contestant, images.length, async (wires) => {
    await Promise.all(wires.map((wire, at) => pullImage(wire, images[at])));
  });
}

async function pullImage(wire: Wire, image: Image | undefined): Promise<void> {
  if (image === undefined) return;
  const base = `/v2/${image.repository}`;
  const headers = { accept: MANIFEST_TYPE };
  await wire.ask({ method: 'GET', target: `${base}/manifests/${image.tag}`, headers }, 200);
  for (const { digest } of image.blobs)
    await wire.ask({ method: 'GET', target: `${base}/blobs/${digest}` }, 200);
}

async function pushImage(wire: Wire, image: Image | undefined): Promise<void> {
  if (image === undefined) return;
  for (const blob of image.blobs) await pushBlob(wire, image.repository, blob);
  await pushManifest(wire, image.repository, image.manifest, { tag: image.tag });
}

function makeImage(at: number, sizes: readonly number[]): Image {
  const config = makeNoise(2000);
  const layers = sizes.map((size) => makeNoise(size * MB));
  return {
    repository: `bench/images-${at % REPOSITORIES}`,
    tag: `v${at}`,
    blobs: [config, ...layers],
    manifest: makeManifest(config, layers),
  };
}
