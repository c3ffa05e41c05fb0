import { applyError } from '../../apply/errors.ts';
import { imageMap, type LockedRelease, registryOf } from '../../bundle/locked-release.ts';
import { componentOf } from '../component.ts';
import {
  abandonCopyJob,
  type CopyJobInput,
  removeCopyJob,
  runCopyJob,
  startCopyJob,
} from '../copy/copy-job.ts';
import type { CopyLine } from '../copy/copy-progress.ts';
import { REGISTRY_ADDRESS } from '../names.ts';
import { formatBytes } from '../terminal/units.ts';
import type { Phase, PhaseContext } from './phase.ts';

/** All content of the release, copied into the registry in the cluster. */
export const copyContent: Phase = {
  id: 'copy',
  plan: ({ release, bytes, done }) => ({
    title: `Copy ${release.images.length} images and ${release.packs.length} packs into the cluster (${formatBytes(bytes)})`,
    state: done.has('copy') ? 'done' : 'run',
  }),
  ahead: async (context, before) => {
    const started = startCopyJob(jobOf(context, () => {})).catch(() => undefined);
    const isWanted = await before.then(
      () => true,
      () => false,
    );
    await started;
    if (!isWanted) await abandonCopyJob(context.client);
  },
  run: (context, onProgress) => runCopyJob(jobOf(context, onProgress)),
  undo: ({ client, signal }) => removeCopyJob(client, signal),
};

function jobOf(context: PhaseContext, onProgress: (text: string) => void): CopyJobInput {
  const { repository, tag, digest } = context.bundle.address;
  return {
    client: context.client,
    image: skerryImage(context.bundle.release),
    what: { release: `${repository}:${tag}@${digest}` },
    signal: context.signal,
    onProgress: (line) => onProgress(describeCopy(line)),
  };
}

// The registry's chart runs Skerry's own image (docs/release.md), and that is what copies.
export function skerryImage(release: LockedRelease): string {
  const registry = componentOf(release, registryOf(release));
  const image = imageMap(release, REGISTRY_ADDRESS).get(registry.images[0] ?? '');
  if (image === undefined)
    throw applyError('IMAGE_NOT_IN_BUNDLE', { subject: `the image of component ${registry.name}` });
  return image;
}

/** For people who wait. */
export function describeCopy({ bytesDone, bytesTotal }: CopyLine): string {
  return `${percent(bytesDone, bytesTotal)} of ${bytesTotal} bytes`;
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / Math.max(1, total))} %`;
}
