import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { hexOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import type { Store } from '../../content/store.ts';
import type { Contender, Contest } from './contest.ts';
import { benchError } from './errors.ts';
import { oneByOne, severalAtOnce } from './image-copies.ts';
import type { ImageSet } from './image-set.ts';
import { measure } from './measure.ts';
import { regctlPull } from './regctl.ts';
import type { RegistryProcess } from './registry-process.ts';
import { settleDisk } from './settle.ts';
import { pullIntoLayout, pullIntoLayouts } from './skopeo.ts';

export interface Programs {
  readonly skerry: string;
  readonly helm: string;
  readonly skopeo: string;
  readonly regctl: string;
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

/**
 * `skerry bundle create` against `skopeo copy` of each image into an OCI layout; and `skerry copy`, which does no more
 * than skopeo does: no charts, no signature, no programs and checksums beside the images.
 */
export function createContest(contest: CreateContest): Contest {
  const { set, sourceName, source, programs, work } = contest;
  const out = join(work, 'out');
  const loops = join(work, 'loop');
  return {
    title: `create, ${set.name} images from ${sourceName}`,
    baseline: contender(contest, 'skopeo one by one', async () => {
      const copies = pullIntoLayout(set, source.address, out);
      return { file: '/bin/sh', args: [await oneByOne(programs.skopeo, copies, loops)], check: checkLayout };
    }),
    others: [
      contender(contest, 'skerry bundle create', async () => {
        return { file: programs.skerry, args: createArgs(contest, out), check: checkBundle };
      }),
      contender(contest, REGCTL, async () => {
        const copies = regctlPull(set, source.address, out);
        return { file: '/bin/sh', args: [await oneByOne(programs.regctl, copies, loops)], check: checkBlobs };
      }),
      contender(contest, 'skerry copy', async () => {
        const args = ['copy', `http://${source.address}`, out];
        return { file: programs.skerry, args, check: checkLayout };
      }),
      contender(contest, 'skopeo 4 at a time', async () => {
        const copies = pullIntoLayouts(set, source.address, out);
        return {
          file: '/bin/sh',
          args: [await severalAtOnce(programs.skopeo, copies, loops)],
          check: checkBlobs,
        };
      }),
    ],
  };
}

/** As what is asked names it. */
export const REGCTL = 'regctl one by one';

interface Step {
  readonly file: string;
  readonly args: readonly string[];
  /** Throws BENCH_WRONG_RESULT unless the images are in `out`. */
  readonly check: (out: string, set: ImageSet) => Promise<void>;
}

function contender({ set, work }: CreateContest, name: string, prepare: () => Promise<Step>): Contender {
  const out = join(work, 'out');
  return {
    name,
    run: async (signal) => {
      const { file, args, check } = await prepare();
      await mkdir(out, { recursive: true });
      await settleDisk(work);
      const measurement = await measure({ file, args, scratch: join(work, 'scratch'), signal });
      await check(out, set);
      await rm(out, { recursive: true });
      return measurement;
    },
  };
}

async function checkLayout(out: string, set: ImageSet): Promise<void> {
  await checkHolds(await openLayout(out), set, (repository) => repository);
}

async function checkBundle(out: string, set: ImageSet): Promise<void> {
  const bundle = await openBundle(await bundleIn(out));
  await checkHolds(bundle, set, (repository) => `${set.host}/${repository}`);
  await bundle.close();
}

// Copies that ran at once have a layout each, and the blobs outside of them; regctl's have names of its own.
async function checkBlobs(out: string, { images }: ImageSet): Promise<void> {
  for (const { digest } of images) {
    const path = join(out, 'blobs', 'sha256', hexOf(digest));
    if ((await fileSize(path)) === undefined) throw benchError('BENCH_WRONG_RESULT', { subject: path });
  }
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

async function bundleIn(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.endsWith('.bundle.tar'));
  if (name === undefined)
    throw benchError('BENCH_WRONG_RESULT', { subject: folder, detail: 'no bundle in it' });
  return join(folder, name);
}
