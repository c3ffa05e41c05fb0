import { pullOnNodes } from '../pull-on-nodes.ts';
import type { UpgradePhase } from '../upgrade-phase.ts';

/** The images of what is going to be upgraded on every node, so that no pod waits for one when it is replaced. */
export const prePull: UpgradePhase = {
  id: 'pre-pull',
  title: 'Have every node pull the new images',
  run: async ({ client, images, nodes, journal, signal }, onProgress) =>
    await pullOnNodes({ client, images, nodes, id: journal.installation.id, signal, onProgress }),
};
