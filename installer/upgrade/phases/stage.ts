import { isIPv6 } from 'node:net';
import type { Endpoint } from '../../address/address.ts';
import { openClusterRegistry } from '../../copy/cluster-registry.ts';
import { type CopyJobInput, runCopyJob } from '../../copy/copy-job.ts';
import { describeCopy, skerryImage } from '../../phases/copy.ts';
import { gatherKept, movedTags } from '../moved-tags.ts';
import type { UpgradeContext, UpgradePhase } from '../upgrade-phase.ts';

/** All content of the new release in the registry in the cluster; what is there already does not travel. */
export const stageContent: UpgradePhase = {
  id: 'stage',
  title: 'Copy what is missing of the new release into the cluster',
  run: async (context, onProgress) => {
    await keepMovedTags(context, onProgress);
    const { repository, tag, digest } = context.bundle.address;
    await runCopyJob(jobOf(context, { release: `${repository}:${tag}@${digest}` }, onProgress));
  },
};

// Only names travel: the content is in the registry.
async function keepMovedTags(context: UpgradeContext, onProgress: (text: string) => void): Promise<void> {
  const { client, bundle, from, checkpoints, signal } = context;
  const moved = movedTags(from, bundle.release);
  if (moved.length === 0) return;
  onProgress(`${moved.length} names mean something else in the new release`);
  await gatherKept(openClusterRegistry(client), checkpoints, moved, { signal });
  const names = moved.map(({ repository, kept }) => `${repository}:${kept}`);
  await runCopyJob(jobOf(context, { names }, onProgress));
}

function jobOf(
  { client, seed, from, signal }: UpgradeContext,
  what: CopyJobInput['what'],
  onProgress: (text: string) => void,
): CopyJobInput {
  return {
    client,
    // What runs already: the image of the new release is among what is to be copied.
    image: skerryImage(from),
    what,
    source: seedUrl(seed.endpoint),
    signal,
    onProgress: (line) => onProgress(describeCopy(line)),
  };
}

export function seedUrl({ ip, port }: Endpoint): string {
  return `http://${isIPv6(ip) ? `[${ip}]` : ip}:${port}`;
}
