import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openRemote } from '../../content/remote/store.ts';
import type { Contender, Contest } from './contest.ts';
import { checkHolds, type Programs, REGCTL } from './create-contest.ts';
import { oneByOne, severalAtOnce } from './image-copies.ts';
import type { ImageSet } from './image-set.ts';
import { type Measurement, measure } from './measure.ts';
import { regctlPush } from './regctl.ts';
import type { StartRegistry } from './registry-process.ts';
import { settleDisk } from './settle.ts';
import { pushFromLayout } from './skopeo.ts';

export interface ImportContest {
  readonly set: ImageSet;
  /** A bundle with the same images. */
  readonly bundle: string;
  /** A layout with them that regctl made. */
  readonly layout: string;
  readonly target: StartRegistry;
  readonly targetName: string;
  readonly programs: Programs;
  /** A folder of the contest's own. */
  readonly work: string;
}

/** `skerry copy` of a bundle into an empty registry against `skopeo copy` of each image from an OCI layout. */
export function importContest(contest: ImportContest): Contest {
  const { set, bundle, layout, targetName, programs, work } = contest;
  const loops = join(work, 'loop');
  const copies = (address: string) => pushFromLayout(set, address);
  return {
    title: `import, ${set.name} images into ${targetName}`,
    baseline: contender('skopeo one by one', contest, async (address) => ({
      file: '/bin/sh',
      args: [await oneByOne(programs.skopeo, copies(address), loops)],
    })),
    others: [
      contender('skerry copy', contest, async (address) => ({
        file: programs.skerry,
        args: ['copy', bundle, `http://${address}`],
      })),
      contender(REGCTL, contest, async (address) => ({
        file: '/bin/sh',
        args: [await oneByOne(programs.regctl, regctlPush(set, layout, address), loops)],
      })),
      contender('skopeo 4 at a time', contest, async (address) => ({
        file: '/bin/sh',
        args: [await severalAtOnce(programs.skopeo, copies(address), loops)],
      })),
    ],
  };
}

function contender(
  name: string,
  { set, target, work }: ImportContest,
  commandFor: (address: string) => Promise<{ file: string; args: string[] }>,
): Contender {
  return {
    name,
    run: async (signal): Promise<Measurement> => {
      const store = join(work, 'store');
      const registry = await target(store, signal);
      try {
        const command = await commandFor(registry.address);
        await settleDisk(work);
        const measurement = await measure({ ...command, scratch: join(work, 'scratch'), signal });
        const remote = openRemote(registry.address);
        await checkHolds(remote, set, (repository) => `${set.host}/${repository}`);
        await remote.close();
        return { ...measurement, registryPeakBytes: registry.peakBytes() };
      } finally {
        await registry.stop();
        await rm(store, { recursive: true, force: true });
      }
    },
  };
}
