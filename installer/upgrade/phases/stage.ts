import { isIPv6 } from 'node:net';
import type { Endpoint } from '../../address/address.ts';
import { runCopyJob } from '../../copy/copy-job.ts';
import { describeCopy, skerryImage } from '../../phases/copy.ts';
import type { UpgradePhase } from '../upgrade-phase.ts';

/** All content of the new release in the registry in the cluster; what is there already does not travel. */
export const stageContent: UpgradePhase = {
  id: 'stage',
  title: 'Copy what is missing of the new release into the cluster',
  run: async ({ client, bundle, seed, from, signal }, onProgress) => {
    const { repository, tag, digest } = bundle.address;
    await runCopyJob({
      client,
      // What runs already: the image of the new release is among what is to be copied.
      image: skerryImage(from),
      what: { release: `${repository}:${tag}@${digest}` },
      source: seedUrl(seed.endpoint),
      signal,
      onProgress: (line) => onProgress(describeCopy(line)),
    });
  },
};

export function seedUrl({ ip, port }: Endpoint): string {
  return `http://${isIPv6(ip) ? `[${ip}]` : ip}:${port}`;
}
