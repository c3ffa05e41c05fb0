import { pushAtOnce } from './blob-contests.ts';
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

/** 64 nodes pull an image each at once: the manifest by its tag, then config and layers. Then the same amid pushes. */
export function imagesContests({ quick }: ContestSize): RegistryContest[] {
  const sizes = quick ? [0.5, 0.25] : [10, 5, 1];
  const pulled = IMAGES * sizes.reduce((sum, size) => sum + size);
  const pushes = 16;
  const pushed = quick ? 2 : 32;
  let images: readonly Image[] = [];
  const pull: RegistryContest = {
    name: 'images',
    title: `${IMAGES} clients pull an image of ${pulled / IMAGES} MB each`,
    asked: 1,
    work: pulled,
    unit: 'MB',
    fill: async (contestant) => {
      if (images.length === 0) images = Array.from({ length: IMAGES }, (_, at) => makeImage(at, sizes));
      await withWires(contestant, 4, (wires) =>
        spread(wires, images.length, (wire, at) => pushImage(wire, images[at])),
      );
    },
    prepare: async (contestant) => async () => await pullAll(contestant, images),
  };
  const both: RegistryContest = {
    ...pull,
    name: 'images-amid-pushes',
    title: `the same while ${pushes} clients push ${pushed} MB each`,
    asked: undefined,
    work: pulled + pushes * pushed,
    prepare: async (contestant) => {
      const blobs = Array.from({ length: pushes }, () => makeNoise(pushed * MB));
      return async () => {
        await Promise.all([pullAll(contestant, images), pushAtOnce(contestant, blobs)]);
      };
    },
  };
  return [pull, both];
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
