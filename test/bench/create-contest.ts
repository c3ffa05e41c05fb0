import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openBundle } from '../../bundle/bundle-store.ts';
import { openLayout } from '../../content/layout.ts';
import type { Store } from '../../content/store.ts';
import type { Contender, Contest } from './contest.ts';
import { benchError } from './errors.ts';
import type { ImageSet } from './image-set.ts';
import { measure } from './measure.ts';
import type { RegistryProcess } from './registry-process.ts';
import { settleDisk } from './settle.ts';
import { oneByOne, pullIntoLayout, pullIntoLayouts, severalAtOnce } from './skopeo.ts';

export interface Programs {
  readonly skerry: string;
  readonly helm: string;
  readonly skopeo: string;
  /** The private key that signs bundles. */
  readonly key: string;
}

export interface CreateContest {
  readonly set: ImageSet;
  /** Where the images come from, and what software it is. */
  readonly source: RegistryProcess;
  readonly sourceName: string;
  /** The release that skerry packs: the same images, named by a release.yaml. */
  readonly release: string;
  readonly programs: Programs;
  /** A folder of the contest's own. */
  readonly work: string;
}

/** `skerry bundle create` against `skopeo copy` of each image into an OCI layout. */
export function createContest(contest: CreateContest): Contest {
  const { set, sourceName, source, programs, work } = contest;
  const out = join(work, 'out');
  const loops = join(work, 'loop');
  const copies = pullIntoLayout(set, source.address, out);
  return {
    title: `create, ${set.name} images from ${sourceName}`,
    ours: {
      name: 'skerry',
      run: async (signal) => {
        await settleDisk(work);
        const measurement = await measure({
          file: programs.skerry,
          args: createArgs(contest, out),
          scratch: join(work, 'scratch'),
          signal,
        });
        const bundle = await openBundle(await bundleIn(out));
        await checkHolds(bundle, set, (repository) => `${set.host}/${repository}`);
        await bundle.close();
        await rm(out, { recursive: true });
        return measurement;
      },
    },
    theirs: [
      skopeo('skopeo one by one', contest, out, async () => await oneByOne(programs.skopeo, copies, loops)),
      skopeo('skopeo 4 at a time', contest, out, async () => {
        const apart = pullIntoLayouts(set, source.address, out);
        return await severalAtOnce(programs.skopeo, apart, loops);
      }),
    ],
  };
}

/** Makes a bundle to import from; its path. */
export async function makeBundle(contest: CreateContest, out: string, signal: AbortSignal): Promise<string> {
  const { programs, work } = contest;
  await measure({
    file: programs.skerry,
    args: createArgs(contest, out),
    scratch: join(work, 'scratch'),
    signal,
  });
  return await bundleIn(out);
}

/** Throws BENCH_WRONG_RESULT unless the store has every image of the set under its digest. */
export async function checkHolds(
  store: Store,
  set: ImageSet,
  nameOf: (repository: string) => string,
): Promise<void> {
  for (const { repository, tag, digest } of set.images) {
    const found = await store.readManifest(nameOf(repository), tag);
    if (found?.digest !== digest) {
      throw benchError('BENCH_WRONG_RESULT', {
        subject: `${store.name}: ${repository}:${tag}`,
        detail: `wanted ${digest}, found ${found?.digest ?? 'nothing'}`,
      });
    }
  }
}

function createArgs({ release, programs }: CreateContest, out: string): string[] {
  return ['bundle', 'create', release, '-o', out, '--key', programs.key, '--helm', programs.helm];
}

function skopeo(
  name: string,
  { set, work }: CreateContest,
  out: string,
  loop: () => Promise<string>,
): Contender {
  return {
    name,
    run: async (signal) => {
      const file = await loop();
      await mkdir(out, { recursive: true });
      await settleDisk(work);
      const measurement = await measure({
        file: '/bin/sh',
        args: [file],
        scratch: join(work, 'scratch'),
        signal,
      });
      // Copies at once have made a layout each; that all of them ended well says as much.
      const layout = await openLayout(out).catch(() => undefined);
      if (layout !== undefined) await checkHolds(layout, set, (repository) => repository);
      await rm(out, { recursive: true });
      return measurement;
    },
  };
}

async function bundleIn(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.endsWith('.bundle.tar'));
  if (name === undefined)
    throw benchError('BENCH_WRONG_RESULT', { subject: folder, detail: 'no bundle in it' });
  return join(folder, name);
}
