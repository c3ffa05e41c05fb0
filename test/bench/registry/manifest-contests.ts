import { spread, withWires } from './crowd.ts';
import { makeNoise } from './noise.ts';
import { MANIFEST_TYPE, makeManifest, type PushedManifest, pushBlob, pushManifest } from './pusher.ts';
import type { ContestSize, RegistryContest } from './registry-contest.ts';

const REPOSITORY = 'bench/manifests';
const IMAGES = 200;
const CLIENTS = 16;

/** Clients on kept connections ask for small manifests, each for another one in turn. */
export function manifestContests({ quick }: ContestSize): RegistryContest[] {
  const requests = quick ? 400 : 10_000;
  const headers = { accept: MANIFEST_TYPE };
  const config = makeNoise(2000);
  const layers = Array.from({ length: 5 }, () => makeNoise(1000));
  const manifests: PushedManifest[] = Array.from({ length: IMAGES }, (_, at) =>
    makeManifest(config, layers, { annotations: { number: String(at) } }),
  );
  return (['tag', 'digest'] as const).map((by) => ({
    name: `manifests-by-${by}`,
    title: `GET a manifest by ${by}, ${CLIENTS} clients`,
    asked: 2,
    work: requests,
    unit: 'requests',
    fill: async (contestant) => {
      const blobs = [config, ...layers];
      await withWires(contestant, 1, async (wires) => {
        await spread(wires, blobs.length, async (wire, at) => {
          const blob = blobs[at];
          if (blob !== undefined) await pushBlob(wire, REPOSITORY, blob);
        });
        await spread(wires, IMAGES, async (wire, at) => {
          const manifest = manifests[at];
          if (manifest !== undefined) await pushManifest(wire, REPOSITORY, manifest, { tag: `v${at}` });
        });
      });
    },
    prepare: async (contestant) => async () => {
      const nameOf = (at: number) => (by === 'tag' ? `v${at}` : manifests[at]?.digest);
      await withWires(contestant, CLIENTS, (wires) =>
        spread(wires, requests, async (wire, at) => {
          const target = `/v2/${REPOSITORY}/manifests/${nameOf(at % IMAGES)}`;
          await wire.ask({ method: 'GET', target, headers }, 200);
        }),
      );
    },
  }));
}
