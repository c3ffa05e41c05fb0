import type { Contestant } from './contestant.ts';
import { spread, withWires } from './crowd.ts';
import { makeNoise, type Noise } from './noise.ts';
import { type PushStyle, pushBlob } from './pusher.ts';
import type { ContestSize, RegistryContest } from './registry-contest.ts';

const MB = 1_000_000;
const REPOSITORY = 'bench/blobs';
/** What clients in Go copy with. */
const GO_COPY = 32 * 1024;

/** One client pulls one large blob. */
export function pullContest({ quick }: ContestSize): RegistryContest {
  const size = (quick ? 32 : 1024) * MB;
  let blob: Noise | undefined;
  return {
    name: 'pull',
    title: `pull a blob of ${size / MB} MB`,
    asked: 1,
    work: size / MB,
    unit: 'MB',
    fill: async (contestant) => {
      blob ??= makeNoise(size);
      const noise = blob;
      await withWires(contestant, 1, (wires) =>
        spread(wires, 1, (wire) => pushBlob(wire, REPOSITORY, noise)),
      );
    },
    prepare: async (contestant) => async () => {
      const target = `/v2/${REPOSITORY}/blobs/${blob?.digest}`;
      await withWires(contestant, 1, (wires) =>
        spread(wires, 1, async (wire) => await wire.ask({ method: 'GET', target }, 200)),
      );
    },
  };
}

/** One client pushes one large blob. */
export function pushContest(style: PushStyle, { quick }: ContestSize): RegistryContest {
  const size = (quick ? 32 : 512) * MB;
  const streamed = style === 'streamed';
  return {
    name: streamed ? 'push-stream' : 'push',
    title: `push a blob of ${size / MB} MB${streamed ? ', streamed in chunks' : ''}`,
    asked: 1,
    work: size / MB,
    unit: 'MB',
    prepare: async (contestant) => {
      const noise = makeNoise(size, streamed ? GO_COPY : undefined);
      return async () =>
        await withWires(contestant, 1, (wires) =>
          spread(wires, 1, (wire) => pushBlob(wire, REPOSITORY, noise, style)),
        );
    },
  };
}

/** Sixteen clients push a layer each. */
export function pushesContest({ quick }: ContestSize): RegistryContest {
  const clients = 16;
  const size = (quick ? 2 : 32) * MB;
  return {
    name: 'pushes',
    title: `${clients} clients push ${size / MB} MB each`,
    asked: undefined,
    work: (clients * size) / MB,
    unit: 'MB',
    prepare: async (contestant) => {
      const blobs = Array.from({ length: clients }, () => makeNoise(size));
      return async () => await pushAtOnce(contestant, blobs);
    },
  };
}

/** Each blob has a client of its own. */
export async function pushAtOnce(contestant: Contestant, blobs: readonly Noise[]): Promise<void> {
  await withWires(contestant, blobs.length, async (wires) => {
    await Promise.all(
      wires.map(async (wire, at) => {
        const blob = blobs[at];
        if (blob !== undefined) await pushBlob(wire, REPOSITORY, blob);
      }),
    );
  });
}
