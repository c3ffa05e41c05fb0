import { randomBytes } from 'node:crypto';
import { copyContent } from '../../../content/copy/copy.ts';
import {
  ensureCheckpointKey,
  openCheckpoint,
  packCheckpoint,
  takeCheckpoint,
} from '../../checkpoint/checkpoint.ts';
import { runCopyJob } from '../../copy/copy-job.ts';
import { describeCopy, skerryImage } from '../../phases/copy.ts';
import { formatBytes } from '../../terminal/units.ts';
import { runBackups } from '../backups.ts';
import { checkpointed, upgradeOf } from '../record-changes.ts';
import type { UpgradePhase } from '../upgrade-phase.ts';
import { seedUrl } from './stage.ts';

/** All that going back needs, kept in the registry in the cluster and read again from there. */
export const keepCheckpoint: UpgradePhase = {
  id: 'checkpoint',
  title: 'Keep a checkpoint of objects, settings and revisions',
  run: async (context, onProgress) => {
    const { client, journal, checkpoints, seed, from, signal } = context;
    const { installation } = journal;
    const backups = await runBackups({ client, signal, id: installation.id, onProgress }, from.components);
    onProgress('reading');
    const components = upgradeOf(installation).components.filter(({ revision }) => revision !== undefined);
    const taken = await takeCheckpoint({ client, installation, components, backups, signal });
    const key = await ensureCheckpointKey({ client, id: installation.id, random: randomBytes, signal });
    const { store, address, bytes } = await packCheckpoint(taken, key);
    const item = { repository: address.repository, reference: address.tag, digest: address.digest };
    await copyContent(store, checkpoints, [item], { signal });
    onProgress(`keeping ${formatBytes(bytes)}`);
    await runCopyJob({
      client,
      image: skerryImage(from),
      what: { names: [`${address.repository}:${address.tag}`] },
      source: seedUrl(seed.endpoint),
      signal,
      onProgress: (line) => onProgress(describeCopy(line)),
    });
    // What could not be read now could not be gone back to later.
    await openCheckpoint(client, address, signal);
    await journal.change((found) => checkpointed(found, address), { signal });
  },
};
